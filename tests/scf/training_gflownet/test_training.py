"""Training in NumPy, on grids small enough for a test, and the command that trains."""

from pathlib import Path

import numpy as np
import pytest

from emily.cognition.gflownet import (
    GFlowNet,
    Hypergrid,
    Recipe,
    RecipeError,
    TrainingRecord,
    evaluate,
)
from emily.cognition.gflownet.policy import Policy
from scf.training.gflownet import exploring, train
from scf.training.gflownet.__main__ import main


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("floor", "steps"), [(0.1, 400), (0.01, 600)])
def test_the_8x8_grid_is_learned(floor: float, steps: int, seed: int) -> None:
    grid = Hypergrid(8, 2, floor)
    policy = train(grid, Recipe(steps=steps, seed=seed))
    found = evaluate(policy)
    assert found.l1 < 0.02
    assert found.modes == grid.modes == 4
    assert float(policy.parameters.log_z[0]) == pytest.approx(grid.log_z, abs=0.01)


def test_the_16x16_grid_is_learned() -> None:
    found = evaluate(train(Hypergrid(16, 2), Recipe(steps=1000)))
    assert found.l1 < 0.02
    assert found.modes == 4


def test_equal_recipes_give_equal_weights() -> None:
    first, again, other = (
        train(Hypergrid(4, 2), Recipe(steps=20, seed=seed)).parameters for seed in (5, 5, 6)
    )
    for values, same, different in zip(first, again, other, strict=True):
        assert values.tobytes() == same.tobytes()
        assert values.tobytes() != different.tobytes()


def test_progress_is_told_of_each_step_and_its_loss_falls() -> None:
    told: list[tuple[int, float]] = []
    train(Hypergrid(8, 2), Recipe(steps=100), lambda step, loss, _: told.append((step, loss)))
    steps, losses = zip(*told, strict=True)
    assert steps == tuple(range(1, 101))
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) / 10


def test_exploring_mixes_in_all_legal_actions() -> None:
    grid = Hypergrid(4, 2)
    policy = Policy.random(grid, np.random.default_rng(0))
    states = np.array([3, 0, 15, 3])
    mixed = exploring(policy, 0.25)(states)
    evenly = grid.legal[states] / grid.legal[states].sum(axis=1, keepdims=True)
    expected = 0.75 * policy.probabilities(states) + 0.25 * evenly
    assert mixed == pytest.approx(expected, abs=1e-6)
    assert mixed[2].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"batch": 0},
        {"seed": -1},
        {"rate": 0.0},
        {"rate": float("nan")},
        {"log_z_rate": float("inf")},
        {"exploration": 1.0},
        {"exploration": -0.1},
        {"exploration": float("nan")},
    ],
    ids=str,
)
def test_recipes_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(RecipeError):
        Recipe(**wrong)


def test_the_command_writes_weights_that_are_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "small.npz"
    small = ["--side", "8", "--dimensions", "2", "--steps", "60", "--seed", "3", "--to", str(path)]
    assert main(small) == 0
    said = capsys.readouterr()
    served = GFlowNet.load(path)
    assert TrainingRecord.model_validate_json(said.out) == served.record
    assert served.record.recipe == Recipe(steps=60, seed=3)
    assert served.generate(5).model_version == served.model_version
    assert "step     60" in said.err
    assert "modes" in said.err
    assert list(tmp_path.iterdir()) == [path]

    before = path.read_bytes()
    assert main(small) == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--side", "1"], "side >= 2"),
        (["--steps", "0"], "at least 1"),
        (["--steps", "1", "--to", "missing/folder/x.npz"], "No such file"),
    ],
    ids=str,
)
def test_the_command_says_what_is_wrong(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--dimensions", "2", "--to", "x.npz", *arguments]) == 1
    shown = capsys.readouterr()
    assert said in shown.err.splitlines()[-1]
    assert shown.err.splitlines()[-1].startswith("error: ")
    assert not shown.out
    assert not list(tmp_path.iterdir())
