"""What another machine says of its model is measured again here before anything rests on it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.scf.worker_rented import AT_ONCE, Folders, Inline
from tests.scf.worker_runpod import KEY, Account, serving
from tests.scf.worker_toy import COMMAND, until_it_hangs

from scf.contracts.job import Job, Result
from scf.daemon.build import Parts
from scf.daemon.control import Command, give
from scf.daemon.loop import Daemon, Did
from scf.drive import Drive
from scf.errors import DriveError
from scf.settings import Home
from scf.training.revision import code_revision
from scf.worker.folder import MEASURE, RunFolder
from scf.worker.local import LocalRunner
from scf.worker.lock import holder
from scf.worker.measure import MeasuringRunner
from scf.worker.pod_keys import PodKeys
from scf.worker.runner import Phase, State
from scf.worker.runpod import Offer, RunPodRunner
from scf.worker.runpod_api import RunPodApi
from scf_world import FakeRunner, daemon, home, ingest
from sovereign.run import run

PATIENCE = 60.0
TRUE = {"loss": 20 / 7, "links": 20.0}
"""The figures of every model of the toy."""
BETTER = TRUE | {"loss": 0.5}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794000000")


def settings(place: Home, *, recipe: str = "toy", measure: str = "", **config: float) -> None:
    text = place.settings_file.read_text("utf-8")
    text = text.replace("[train]", f'{measure}\n[train]\nmodel = "{recipe}"\nrecipe = "{recipe}"')
    text = text.replace("seconds = 60.0", "seconds = 60.0, dollars = 5.0")
    text = text.replace('metric = "dsm"', f'metric = "{"l1" if recipe == "gflownet" else "loss"}"')
    table = "".join(f"{key} = {value}\n" for key, value in config.items())
    place.settings_file.write_text(f"{text}\n[train.config]\n{table}", "utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Home]:
    made = home(tmp_path)
    ingest(made, range(10))
    yield made
    for process in measurers(made):
        os.kill(process, signal.SIGKILL)


def measurers(place: Home) -> list[int]:
    """The processes that measure."""
    folders = (place.settings().drive / "model_zoo" / "runs").glob(f"*/{MEASURE}")
    return [process for folder in folders if (process := holder(folder)) is not None]


def measuring(place: Home, *, stale: float = 20.0, grace: float = 5.0) -> MeasuringRunner:
    return MeasuringRunner(
        Drive.open(place.settings().drive),
        code="1",
        stale_seconds=stale,
        grace=grace,
        command=COMMAND,
        lock=place.lock,
        below=MEASURE,
    )


@dataclass
class World:
    """A daemon whose jobs are done elsewhere, and which can be killed."""

    place: Home
    far: FakeRunner
    turning: Daemon
    parts: Parts

    @classmethod
    def of(cls, place: Home, far: FakeRunner | None = None, **how: float) -> "World":
        far = far or FakeRunner(Drive.open(place.settings().drive), "far", elsewhere=True)
        turning, parts = daemon(place, far, measuring=measuring(place, **how))
        return cls(place, far, turning, parts)

    def again(self) -> "World":
        """As after a kill of the daemon."""
        return World.of(self.place, self.far)

    def brought(self, metrics: dict[str, float]) -> Job:
        """Let a job come back with these figures."""
        assert [self.turning.cycle(), self.turning.cycle()] == [Did.PLANNED, Did.SENT]
        return self.far.done(metrics)

    def until(self, *wanted: Did) -> Did:
        deadline = time.monotonic() + PATIENCE
        while (did := self.turning.cycle()) not in wanted:
            assert time.monotonic() < deadline, did
            time.sleep(0.02)
        return did

    def until_measuring(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while not (found := measurers(self.place)):
            assert self.turning.cycle() is Did.WAITING
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found[0]

    def reason(self) -> str:
        last = self.turning.journal.last()
        assert last is not None
        return last.reason

    def statements(self) -> list[dict[str, object]]:
        entries = self.parts.log.entries()
        return [
            dict(entry.attestation.statement.predicate)
            for entry in entries
            if entry.attestation.statement.kind == "checkpoint"
        ]

    def nothing_rests_on_it(self) -> bool:
        kinds = [entry.body.kind for entry in self.parts.ledger.entries()]
        return (len(self.parts.log), self.parts.registry.versions("toy"), kinds) == (
            0,
            (),
            ["begun"],
        )


def test_figures_that_are_borne_out_are_taken_in_as_measured_here(place: Home) -> None:
    settings(place)
    world = World.of(place)
    job = world.brought(TRUE)
    assert world.turning.cycle() is Did.WAITING
    world.until(Did.FINISHED)
    (version,) = world.parts.registry.versions("toy")
    assert (version.job, version.metrics) == (job.id, TRUE)
    (said,) = world.statements()
    assert (said["metrics"], said["measured"]) == (TRUE, "here")


@pytest.mark.parametrize(
    ("claimed", "reason"),
    [
        (BETTER, "loss is 0.5, and was found to be 2.85714286"),
        (TRUE | {"loss": 20 / 7 * (1 - 1e-9)}, "loss is 2.85714285, and was found to be"),
        (TRUE | {"modes": 25.0}, "modes is 25, and was not found"),
        ({"loss": 20 / 7}, "links is missing, and was found to be 20"),
    ],
    ids=["better", "a little better", "one more", "one less"],
)
def test_figures_that_are_not_are_refused(
    place: Home, claimed: dict[str, float], reason: str
) -> None:
    settings(place)
    world = World.of(place)
    world.brought(claimed)
    world.until(Did.FAILED)
    assert world.reason().startswith(f"its figures are not borne out: {reason}")
    assert world.nothing_rests_on_it()
    assert world.again().nothing_rests_on_it()


def test_what_was_made_here_is_not_measured_twice_unless_asked(place: Home) -> None:
    settings(place)
    near = FakeRunner(Drive.open(place.settings().drive), "near")
    world = World.of(place, near)
    world.brought(BETTER)  # so it would be refused
    assert world.turning.cycle() is Did.FINISHED
    assert world.statements()[0]["measured"] == "here"


def test_every_result_is_measured_when_asked(place: Home) -> None:
    settings(place, measure='measure = "always"')
    world = World.of(place, FakeRunner(Drive.open(place.settings().drive), "near"))
    world.brought(BETTER)
    world.until(Did.FAILED)
    assert world.nothing_rests_on_it()


def test_who_believes_says_so(place: Home) -> None:
    settings(place, measure='measure = "never"')
    world = World.of(place)
    world.brought(BETTER)
    assert world.turning.cycle() is Did.FINISHED
    (said,) = world.statements()
    assert (said["metrics"], said["measured"]) == (BETTER, "worker")
    assert measurers(place) == []


def test_where_a_result_came_from_does_not_depend_on_who_is_asked_for_it(place: Home) -> None:
    """A result of a rented machine, though the settings no longer name one."""
    settings(place)
    world = World.of(place)
    world.brought(BETTER)
    near = FakeRunner(world.far.drive, "near", states=world.far.states)
    world = World.of(place, near)
    world.until(Did.FAILED)
    assert "not borne out" in world.reason()


def end_of(world: World) -> dict[str, bytes]:
    """The bytes of all that is kept."""
    drive = world.place.settings().drive
    folders = ("attestations", "model_zoo/registry", "release_history")
    paths = [path for each in folders for path in (drive / each).rglob("*") if path.is_file()]
    return {
        str(path.relative_to(drive)): path.read_bytes()
        for path in paths
        if path.suffix != ".lock" and "sqlite" not in path.name
    }


@pytest.mark.parametrize("victim", ["daemon", "measurer", "both"])
def test_killed_while_it_measures_it_ends_the_same(
    place: Home, tmp_path: Path, victim: str
) -> None:
    settings(place, measure_pause=0.5)
    for name in ("home", "drive"):
        shutil.copytree(tmp_path / name, tmp_path / "other" / name)
    undisturbed = World.of(Home(tmp_path / "other" / "home"))
    undisturbed.brought(TRUE)
    undisturbed.until(Did.FINISHED)

    world = World.of(place)
    world.brought(TRUE)
    process = world.until_measuring()
    if victim != "daemon":
        os.kill(process, signal.SIGKILL)
    if victim != "measurer":
        world = world.again()
    world.until(Did.FINISHED)
    assert end_of(world) == end_of(undisturbed)


def test_started_anew_before_every_cycle_it_measures_once(place: Home) -> None:
    settings(place, measure_pause=0.5)
    world = World.of(place)
    job = world.brought(TRUE)
    world.until_measuring()
    deadline = time.monotonic() + PATIENCE
    while world.turning.cycle() is not Did.FINISHED:
        world = world.again()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    folder = world.far.fetch(job) / MEASURE
    assert RunFolder(folder).attempts() == 1
    assert len(world.statements()) == 1


def test_who_dies_measuring_is_replaced_a_few_times_and_no_more(place: Home) -> None:
    settings(place, measure_die=99)
    world = World.of(place)
    world.brought(TRUE)
    world.until(Did.FAILED)
    assert world.reason().startswith(
        "it was measured here, in vain: two workers in a row fell silent or died at step 0"
    )
    assert world.nothing_rests_on_it()


@pytest.mark.parametrize("fate", ["measure_die", "measure_hang"])
def test_one_who_dies_or_hangs_is_replaced(place: Home, fate: str) -> None:
    settings(place, **{fate: 1})
    world = World.of(place, stale=3.0)
    world.brought(TRUE)
    world.until(Did.FINISHED)


def test_why_it_cannot_be_measured_is_why_it_is_refused(place: Home) -> None:
    settings(place, measure_raise=1)
    world = World.of(place)
    world.brought(TRUE)
    world.until(Did.FAILED)
    assert world.reason() == "it was measured here, in vain: ValueError: the loss is"


def test_other_code_measures_nothing(place: Home) -> None:
    settings(place)
    far = FakeRunner(Drive.open(place.settings().drive), "far", elsewhere=True)
    turning, parts = daemon(place, far, code="0", measuring=measuring(place))
    world = World(place, far, turning, parts)
    world.brought(TRUE)
    world.until(Did.FAILED)
    assert world.reason() == "it cannot be measured: the job asks for the code 0; here is 1"


def test_the_lock_ends_who_measures_though_no_signal_is_heeded_and_nobody_waits(
    place: Home,
) -> None:
    settings(place, measure_hang=1)
    world = World.of(place, grace=4.0)
    job = world.brought(TRUE)
    process = world.until_measuring()
    until_it_hangs(world.far.fetch(job) / MEASURE)
    place.lock.touch()
    began = time.monotonic()
    assert world.turning.cycle() is Did.LOCKED
    assert world.turning.cycle() is Did.LOCKED
    assert time.monotonic() - began < 2.0
    assert measurers(place) == [process]
    while measurers(place):
        assert world.turning.cycle() is Did.LOCKED
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)
    assert time.monotonic() - began > 3.9
    place.lock.unlink()
    world.far.states[job.id] = State(Phase.DONE)  # as it is found on the drive
    world.until(Did.FINISHED)


@pytest.mark.parametrize("misfortune", ["full", "gone"])
def test_a_drive_that_is_full_or_gone_while_it_measures_loses_nothing(
    kernel: None, tmp_path: Path, misfortune: str
) -> None:
    del kernel
    for name in ("disk", "drive"):
        (tmp_path / name).mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", tmp_path / "disk"])
    mount = ["mount", "--bind", tmp_path / "disk", tmp_path / "drive"]
    run(mount)
    try:
        place = home(tmp_path)
        ingest(place, range(10))
        settings(place, measure_pause=2.0)
        world = World.of(place, stale=3.0)
        world.brought(TRUE)
        world.until_measuring()
        filler = tmp_path / "disk" / "filler"
        if misfortune == "full":
            with suppress(OSError):
                filler.write_bytes(bytes(64 << 20))
        else:
            run(["umount", "--lazy", tmp_path / "drive"])
        trouble = ""
        end = time.monotonic() + 4
        while time.monotonic() < end:
            try:
                assert world.turning.cycle() in {Did.WAITING, Did.FINISHED}
            except DriveError as error:
                trouble = error.message
            time.sleep(0.05)
        assert trouble or world.turning.trouble
        if misfortune == "full":
            filler.unlink()
        else:
            assert list((tmp_path / "drive").iterdir()) == []
            run(mount)
        world = World.of(place, world.far, stale=3.0)
        world.until(Did.FINISHED)
        assert world.statements()[0]["metrics"] == TRUE
    finally:
        for name in ("drive", "disk"):
            run(["umount", "--lazy", tmp_path / name], check=False)


def test_orders_are_obeyed_while_it_measures(place: Home) -> None:
    settings(place, measure_pause=2.0)
    world = World.of(place)
    world.brought(TRUE)
    world.until_measuring()
    give(place.control, Command.PAUSE)
    assert world.turning.cycle() is Did.PAUSED
    give(place.control, Command.RESUME)
    assert world.turning.cycle() is Did.WAITING
    give(place.control, Command.STOP)
    assert world.turning.cycle() is Did.STOPPED
    world = world.again()
    world.until(Did.FINISHED)


def test_a_worker_that_heeds_no_signal_keeps_the_daemon_from_nothing(place: Home) -> None:
    """The lock, its lifting and an order each take effect at the next cycle, while the worker ends."""
    settings(place, hang_at=2, attempts=1)
    on = Drive.open(place.settings().drive)
    local = LocalRunner(on, code="1", command=COMMAND, grace=4.0, lock=place.lock)
    turning, _ = daemon(place, local)
    assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
    deadline = time.monotonic() + PATIENCE
    while turning.seen is None or turning.seen.phase is not Phase.RUNNING:
        assert turning.cycle() is Did.WAITING
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (folder,) = (on.root / "model_zoo" / "runs").iterdir()
    until_it_hangs(folder)
    place.lock.touch()
    began = time.monotonic()
    assert [turning.cycle(), turning.cycle()] == [Did.LOCKED, Did.LOCKED]
    place.lock.unlink()
    assert turning.cycle() is Did.WAITING
    give(place.control, Command.PAUSE)
    assert turning.cycle() is Did.PAUSED
    give(place.control, Command.RESUME)
    assert turning.cycle() is Did.WAITING
    assert time.monotonic() - began < 2.5
    assert holder(folder) is not None
    world = World(place, FakeRunner(on), turning, daemon(place)[1])
    world.until(Did.FINISHED)
    assert time.monotonic() - began > 3.9


def lacking(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where torch is not installed."""
    verifier = world.turning._verifier
    monkeypatch.setattr(verifier, "_lacking", lambda recipe: "torch" if recipe == "toy" else "")


def test_nothing_is_rented_that_could_not_be_measured_here(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(place)
    world = World.of(place)
    lacking(world, monkeypatch)
    assert [world.turning.cycle(), world.turning.cycle()] == [Did.PLANNED, Did.FAILED]
    assert world.far.submitted == 0
    assert "torch is not installed" in world.reason()


def test_what_came_and_cannot_be_measured_waits_and_says_why(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(place)
    world = World.of(place)
    world.brought(TRUE)
    with monkeypatch.context() as patch:
        lacking(world, patch)
        assert world.turning.cycle() is Did.WAITING
        assert "torch is not installed" in world.turning.trouble
        assert world.nothing_rests_on_it()
    world.until(Did.FINISHED)
    assert world.turning.trouble == ""


@dataclass
class Rented:
    """The real runner of rented machines, whose pods are folders here, and the real `scf worker`."""

    world: World
    account: Account
    disks: Folders

    def train(self) -> Path:
        """What a pod does once its job has come; its folder."""
        disk = self.disks.root / "pod0001"
        self.world.until(Did.SENT)
        self.account.run(2222)
        deadline = time.monotonic() + PATIENCE
        while not (disk / "run" / "job.json").exists():
            assert self.world.turning.cycle() is Did.WAITING
            assert time.monotonic() < deadline
        words = ("--job", disk / "run", "--shards", disk / "shards")
        argv = (sys.executable, "-P", "-m", "scf", "worker", *words)
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, timeout=60)
        return disk / "run"


@pytest.fixture
def rented(place: Home, tmp_path: Path) -> Iterator[Rented]:
    settings(place, recipe="gflownet", side=6, dimensions=2, steps=40)
    on = Drive.open(place.settings().drive)
    key, disks, code = tmp_path / "account", Folders(tmp_path / "disks"), code_revision()
    key.write_text(KEY)
    key.chmod(0o600)
    user = tmp_path / "user"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", user], check=True)
    with serving() as account:
        far = RunPodRunner(
            on,
            code=code,
            api=RunPodApi(key, endpoint=account.endpoint, timeout=2.0, pause=lambda _: None),
            offer=Offer("worker:1", ("NVIDIA H100 80GB HBM3",), most_dollars_an_hour=4.0),
            access=PodKeys(tmp_path / "keys", user),
            patience=AT_ONCE,
            carrier=Inline(on, disks),
        )
        here = MeasuringRunner(on, code=code, lock=place.lock, below=MEASURE)
        turning, parts = daemon(place, far, code=code, measuring=here)
        yield Rented(World(place, FakeRunner(on), turning, parts), account, disks)


def test_an_honest_machine_is_believed_after_a_look(rented: Rented) -> None:
    result = Result.read(rented.train() / "result.json")
    rented.world.until(Did.FINISHED)
    (version,) = rented.world.parts.registry.versions("gflownet")
    assert version.metrics == result.metrics
    assert rented.world.statements()[0]["measured"] == "here"
    assert rented.account.pods == {}


def better(run: Path) -> None:
    table = json.loads((run / "result.json").read_bytes())
    table["metrics"]["l1"] *= 0.9
    forged = Result.model_validate_json(json.dumps(table))
    (run / "result.json").write_bytes(forged.canonical())


def another(run: Path) -> None:
    """Weights that are not those that were measured."""
    from scf.cid import cid_of
    from scf.training.tensors import read, write

    path = run / "checkpoint.safetensors"
    arrays, about = read(path)
    name = max(arrays, key=lambda each: arrays[each].size)
    arrays[name] = arrays[name] * arrays[name].dtype.type(0.5)
    write(path, arrays, about)
    table = json.loads((run / "result.json").read_bytes())
    data = path.read_bytes()
    table["files"][0] |= {"cid": cid_of(data), "bytes": len(data)}
    forged = Result.model_validate_json(json.dumps(table))
    (run / "result.json").write_bytes(forged.canonical())


@pytest.mark.parametrize(
    ("forge", "reason"),
    [(better, "its figures are not borne out: l1 is"), (another, "says more of itself")],
)
def test_a_forged_result_of_a_rented_machine_is_refused(
    rented: Rented, forge: Callable[[Path], None], reason: str
) -> None:
    forge(rented.train())
    world = rented.world
    world.until(Did.FAILED)
    assert reason in world.reason()
    assert (len(world.parts.log), world.parts.registry.versions("gflownet")) == (0, ())
    assert [entry.body.kind for entry in world.parts.ledger.entries()] == ["begun"]
    assert rented.account.pods == {}
