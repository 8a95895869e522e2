"""A step of Adam, with weights that shrink beside it, not in the slope."""

import pytest
import torch

from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape
from scf.training.ebdm.state import State

SHAPE = Shape(width=8, depth=2, features=4, levels=2)


def stepped(slope: float, decay: float) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The parameters before and after one step down an even slope."""
    model = EnergyModel(SHAPE, seed=1)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(1.0)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    state = State(model, seed=0)
    state.descend(torch.full_like(state.values, slope), lr=0.1, clip=1e9, ema=0.9, decay=decay)
    return before, {name: value.detach() for name, value in model.named_parameters()}


@pytest.mark.parametrize("slope", [0.0, 1e-3, 1.0])
def test_matrices_shrink_beside_the_step_and_nothing_else_does(slope: float) -> None:
    _, plain = stepped(slope, 0.0)
    before, shrunk = stepped(slope, 0.5)
    matrices = {"inlet", "noise", "weights.0"}
    for name, value in plain.items():
        less = 0.1 * 0.5 * before[name] if name in matrices else torch.zeros(())
        assert torch.allclose(shrunk[name], value - less, atol=1e-6), name


def test_a_step_is_as_long_as_the_rate_whatever_the_slope() -> None:
    for slope in (1e-3, 1.0):
        before, after = stepped(slope, 0.0)
        for name, value in after.items():
            assert torch.allclose(before[name] - value, torch.tensor(0.1), atol=1e-4)
