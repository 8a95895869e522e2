"""Training on a cluster: whatever is killed, the result is the one of an undisturbed machine alone."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scf.ray.conftest import Nodes, drive

from scf.contracts.dataset import Dataset
from scf.contracts.job import Budget, Job, Usage
from scf.drive import Drive
from scf.training.revision import code_revision
from scf.worker.local import LocalRunner
from scf.worker.lock import holder
from scf.worker.ray.runner import RayRunner
from scf.worker.runner import Phase, RunnerError, State

PATIENCE = 120.0
JOINED = "a worker computes now"


def job(data: Dataset, **config: object) -> Job:
    small = {"width": 96, "features": 32, "batch": 384, "reference": 128, "samples": 200}
    return Job(
        model="toy",
        recipe="ebdm",
        generation=1,
        dataset=data.id,
        config={"steps": 300, "slices": 4, "save_every": 20, **small, **config},
        seed=3,
        code=code_revision(),
        budget=Budget(seconds=300.0),
    )


def runner(on: Drive, address: str) -> RayRunner:
    return RayRunner(on, address, workers=2, code=code_revision(), stale_seconds=90)


def until(one: LocalRunner, work: Job, wanted: Callable[[State], bool]) -> State:
    deadline = time.monotonic() + PATIENCE
    while not wanted(state := one.look(work)):
        assert time.monotonic() < deadline, state
        assert state.phase is not Phase.FAILED, state.reason
        time.sleep(0.05)
    return state


def done(state: State) -> bool:
    return state.phase is Phase.DONE


def after(step: int) -> Callable[[State], bool]:
    return lambda state: step_of(state) >= step


def step_of(state: State) -> int:
    return 0 if state.heartbeat is None else state.heartbeat.step


def run_of(on: Drive, work: Job) -> Path:
    return on.root / "model_zoo" / "runs" / work.id


def joined(on: Drive, work: Job) -> int:
    """How often a worker was found fit, after each of its restarts too."""
    return (run_of(on, work) / "worker.log").read_text().count(JOINED)


def result_of(on: Drive, work: Job) -> dict[str, bytes]:
    names = ("result.json", "checkpoint.safetensors", "energies.json")
    return {name: (run_of(on, work) / name).read_bytes() for name in names}


@pytest.fixture(scope="session")
def work(points: tuple[Path, Dataset]) -> Job:
    return job(points[1])


@pytest.fixture(scope="session")
def alone(
    tmp_path_factory: pytest.TempPathFactory, points: tuple[Path, Dataset], work: Job
) -> dict[str, bytes]:
    """What the job comes to on one machine, undisturbed."""
    on = drive(tmp_path_factory.mktemp("alone") / "drive", points)
    one = LocalRunner(on, code=code_revision())
    one.submit(work)
    until(one, work, done)
    return result_of(on, work)


def test_killed_workers_and_nodes_do_not_show_in_the_result(
    on: Drive, nodes: Nodes, work: Job, alone: dict[str, bytes]
) -> None:
    one = runner(on, nodes.address)
    assert one.look(work) == State(Phase.ABSENT)
    one.submit(work)
    one.submit(work)
    until(one, work, after(1))
    trainer = holder(run_of(on, work))
    runner(on, nodes.address).submit(work)
    assert holder(run_of(on, work)) == trainer
    with pytest.raises(RunnerError, match="is not done"):
        one.fetch(work)

    os.kill(nodes.workers(2)[0], signal.SIGKILL)
    until(one, work, after(20))
    nodes.kill_node()

    until(one, work, done)
    assert result_of(on, work) == alone
    until(one, work, lambda _: holder(run_of(on, work)) is None)
    folder = one.fetch(work)
    assert not list(folder.glob("resume.*"))
    assert not (folder / "usage-2.json").exists()
    usage = Usage.read(folder / "usage-1.json")
    assert usage.source == "estimate"
    assert usage.joules > 0


def test_a_killed_worker_is_back_at_work_and_so_is_one_whose_node_was_killed(
    on: Drive, nodes: Nodes, points: tuple[Path, Dataset]
) -> None:
    endless = job(points[1], steps=1_000_000, save_every=1000)
    one = runner(on, nodes.address)
    one.submit(endless)
    until(one, endless, lambda _: joined(on, endless) == 2)
    os.kill(nodes.workers(2)[0], signal.SIGKILL)
    until(one, endless, lambda _: joined(on, endless) == 3)

    nodes.kill_node()
    step = step_of(one.look(endless))
    until(one, endless, after(step + 5))
    assert joined(on, endless) == 3
    nodes.add()
    until(one, endless, lambda _: joined(on, endless) == 4)
    one.cancel(endless)


def test_a_trainer_leaves_the_cluster_when_it_is_cancelled_and_outlives_it(
    on: Drive, nodes: Nodes, work: Job, alone: dict[str, bytes]
) -> None:
    one = runner(on, nodes.address)
    one.submit(work)
    until(one, work, after(1))
    one.cancel(work)
    until(one, work, lambda state: state.phase is Phase.ABSENT)
    assert "stopped after step" in (run_of(on, work) / "stopped-1.json").read_text()
    nodes.workers(0)

    one.submit(work)
    until(one, work, lambda _: joined(on, work) > 2)
    nodes.shutdown()
    until(one, work, done)
    assert result_of(on, work) == alone
    log = (run_of(on, work) / "worker.log").read_text()
    assert f"no Ray cluster answers at {nodes.address}: this machine trains alone" in log
