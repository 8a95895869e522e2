"""What a runner of a cluster refuses, and that a process that has one knows nothing of Ray or torch."""

import sys
import time
from pathlib import Path

import pytest
from tests.scf.ray.conftest import drive
from tests.scf.ray.test_runner import job

from scf.contracts.dataset import Dataset
from scf.drive import Drive
from scf.training.revision import code_revision
from scf.worker.ray.runner import RayRunner
from scf.worker.runner import Phase, RunnerError
from sovereign.run import run

NOBODY = "127.0.0.1:9"

LEAN = """
import sys
from pathlib import Path
from scf.drive import Drive
from scf.worker.ray.runner import RayRunner
RayRunner(Drive.make(Path(sys.argv[1])), "127.0.0.1:9", workers=2, code="c")
print(sorted({"ray", "torch"} & set(sys.modules)))
"""


def test_a_cluster_that_is_away_is_told_at_once(
    tmp_path: Path, points: tuple[Path, Dataset]
) -> None:
    pytest.importorskip("ray")
    on, work = drive(tmp_path / "drive", points), job(points[1])
    one = RayRunner(on, NOBODY, workers=2, code=code_revision())
    began = time.monotonic()
    with pytest.raises(RunnerError, match=f"no Ray cluster answers at {NOBODY}"):
        one.submit(work)
    assert time.monotonic() - began < 30
    assert one.look(work).phase is Phase.ABSENT
    assert not list((on.root / "model_zoo").glob("runs/*"))


def test_a_recipe_whose_steps_have_no_parts_is_for_another_runner(
    tmp_path: Path, points: tuple[Path, Dataset]
) -> None:
    pytest.importorskip("ray")
    work = job(points[1]).model_copy(update={"recipe": "distill"})
    one = RayRunner(drive(tmp_path / "drive", points), NOBODY, workers=2, code=code_revision())
    with pytest.raises(RunnerError, match="trains on one machine only"):
        one.submit(work)


@pytest.mark.parametrize(
    "address",
    ["", "auto", "ray://127.0.0.1:10001", "127.0.0.1", "127.0.0.1:0", "h:70000", "h:1 --x"],
)
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(RunnerError, match="is no address of a Ray cluster"):
        RayRunner(Drive(tmp_path), address, workers=2, code="c")


def test_a_process_with_a_runner_has_loaded_neither_ray_nor_torch(tmp_path: Path) -> None:
    said = run([sys.executable, "-c", LEAN, tmp_path / "drive"])
    assert said.out.strip() == "[]"
