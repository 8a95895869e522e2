"""The recipe: what a job says is trained, exactly judged, and the same however often it is cut short."""

from pathlib import Path

import pytest

from emily.cognition.gflownet import GFlowNet
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.job import CHECKPOINT, Budget, Job
from scf.errors import ContractError
from scf.training import resume
from scf.training.gflownet import recipe as gflownet
from scf.training.gflownet.__main__ import main
from scf.training.gflownet.checkpoint import load, to_npz
from scf.training.task import Outcome, RecipeError, Task, recipe
from scf.training.tensors import TensorsError, read, write

CID = cid_of(b"a shard")
DATASET = Dataset(shards=(ShardRef(name="a.ndjson.zst", cid=CID, records=1, bytes=1, raw_bytes=1),))
SMALL = {"side": 8, "dimensions": 2, "steps": 60}


class Interrupted(Exception):  # noqa: N818 - no error
    pass


def task(out: Path, config: dict[str, float], *, seed: int = 3, parent: Path | None = None) -> Task:
    job = Job(
        model="hypotheses",
        recipe="gflownet",
        generation=1,
        dataset=DATASET.id,
        config=config,
        seed=seed,
        code="test",
        budget=Budget(seconds=60),
    )
    out.mkdir(exist_ok=True)
    return Task(job=job, dataset=DATASET, shards=out, out=out, parent=parent)


def run(work: Task, until: int | None = None) -> Outcome:
    def beat(done: int, of: int) -> None:
        assert 1 <= done <= of == work.job.config["steps"]
        if done == until:
            raise Interrupted

    return recipe("gflownet")(work, beat)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gflownet, "EVERY", 20)


def test_a_job_trains_a_faithful_policy(tmp_path: Path) -> None:
    found = run(task(tmp_path, {**SMALL, "steps": 400}))
    assert found.files == (CHECKPOINT,)
    assert found.metrics["l1"] < 0.02
    assert found.metrics["modes"] == found.metrics["modes_true"] == 4
    assert found.metrics["log_z_error"] < 0.01


def test_the_checkpoint_becomes_the_file_that_the_command_writes(tmp_path: Path) -> None:
    run(task(tmp_path / "job", SMALL))
    to_npz(tmp_path / "job" / CHECKPOINT, tmp_path / "job.npz")
    words = ["--side", "8", "--dimensions", "2", "--steps", "60", "--seed", "3"]
    assert main([*words, "--to", str(tmp_path / "command.npz")]) == 0
    assert (tmp_path / "job.npz").read_bytes() == (tmp_path / "command.npz").read_bytes()
    assert len(GFlowNet.load(tmp_path / "job.npz").generate(5).hypotheses) == 5


@pytest.mark.parametrize("cuts", [[3], [20], [30, 31, 59], [60]], ids=str)
def test_a_training_that_was_cut_short_comes_to_the_same(tmp_path: Path, cuts: list[int]) -> None:
    whole = run(task(tmp_path / "whole", SMALL))
    work = task(tmp_path / "cut", SMALL)
    for cut in cuts:
        with pytest.raises(Interrupted):
            run(work, until=cut)
        assert not (work.out / CHECKPOINT).exists()
    steps = []
    again = recipe("gflownet")(work, lambda done, _: steps.append(done))
    assert steps == list(range(cuts[-1] // 20 * 20 + 1, 61))  # not from 1
    assert again == whole
    for name in (CHECKPOINT, resume.NAME):
        assert (work.out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("broken", ["another job's", "torn"])
def test_what_cannot_be_gone_on_from_is_not(tmp_path: Path, broken: str) -> None:
    run(task(tmp_path / "whole", SMALL))
    work = task(tmp_path / "cut", SMALL)
    if broken == "torn":
        torn = (tmp_path / "whole" / resume.NAME).read_bytes()[:5000]
        (work.out / resume.NAME).write_bytes(torn)
    else:
        with pytest.raises(Interrupted):
            run(task(work.out, SMALL, seed=4), until=30)
    run(work)
    expected = (tmp_path / "whole" / CHECKPOINT).read_bytes()
    assert (work.out / CHECKPOINT).read_bytes() == expected


def test_the_next_generation_starts_from_its_parent(tmp_path: Path) -> None:
    first = run(task(tmp_path / "1", {**SMALL, "steps": 200}))
    parent = tmp_path / "1" / CHECKPOINT
    gentle = {**SMALL, "steps": 1, "rate": 1e-9, "log_z_rate": 1e-9}
    second = run(task(tmp_path / "2", gentle, parent=parent))
    assert second.metrics["l1"] == pytest.approx(first.metrics["l1"], abs=1e-4)
    with pytest.raises(RecipeError, match="the parent is of"):
        run(task(tmp_path / "3", {**SMALL, "side": 9}, parent=parent))


@pytest.mark.parametrize(
    ("config", "error", "words"),
    [
        ({"side": 1}, ContractError, "config: side: .*greater than or equal to 2"),
        ({"sides": 8}, ContractError, "config: sides: Extra inputs"),
        ({"steps": 0}, ContractError, "config: steps"),
        ({"side": 8.5}, ContractError, "config: side"),
        ({"dimensions": 9}, RecipeError, "at most 65536 states"),
    ],
    ids=str,
)
def test_a_config_that_cannot_be_is_refused(
    tmp_path: Path, config: dict[str, float], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        recipe("gflownet")(task(tmp_path, config), lambda *_: None)
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    run(task(tmp_path, {**SMALL, "steps": 1}))
    path = tmp_path / CHECKPOINT
    arrays, about = read(path)
    broken = [
        ({**arrays, "w1": arrays["w1"][:3]}, about),
        ({**arrays, "b2": arrays["b2"].astype("float64")}, about),
        ({name: array for name, array in arrays.items() if name != "log_z"}, about),
        (arrays, {**about, "kind": "other"}),
        (arrays, {**about, "record": None}),
    ]
    for number, (values, says) in enumerate(broken):
        write(tmp_path / f"{number}", values, says)
        with pytest.raises(TensorsError, match=rf"^{number} is no checkpoint of a GFlowNet"):
            load(tmp_path / f"{number}")
    with pytest.raises(TensorsError, match="holds no tensors"):
        load(tmp_path / "missing")
