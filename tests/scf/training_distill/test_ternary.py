"""Ternary weights: the rounding of BitNet b1.58, row by row, and slopes that pass it."""

import pytest
import torch

from scf.training.distill.ternary import Learner, served, straight_through, ternarised
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape

SHAPE = Shape(width=12, depth=3, features=6, levels=4)


def test_a_row_is_rounded_by_the_mean_of_its_magnitudes() -> None:
    weight = torch.tensor([[0.1, -0.5, 2.4], [-200.0, 60.0, -10.0]])
    trits, scale = ternarised(weight)
    assert trits.tolist() == [[0, 0, 1], [-1, 1, 0]]  # -.5/1 lies between: to the even one
    assert scale.flatten().tolist() == pytest.approx([2.4, 130.0])


def test_no_other_scale_is_nearer_to_the_weights() -> None:
    weight = torch.randn(5, 40, generator=torch.Generator().manual_seed(1))
    trits, scale = ternarised(weight)
    nearest = (weight - trits * scale).square().sum(1)
    for factor in (0.9, 0.99, 1.01, 1.1):
        assert ((weight - trits * scale * factor).square().sum(1) > nearest).all()


def test_ternary_weights_stay_as_they_are() -> None:
    weight = torch.randn(5, 40, generator=torch.Generator().manual_seed(1))
    trits, scale = ternarised(weight)
    again, same = ternarised(trits * scale)
    assert torch.equal(again, trits)
    assert torch.allclose(same, scale)


def test_no_weights_at_all_are_no_division_by_zero() -> None:
    trits, scale = ternarised(torch.zeros(3, 3))
    assert not trits.any()
    assert scale.isfinite().all()


def test_the_slope_passes_the_rounding() -> None:
    weight = torch.tensor([[0.1, -0.4, 1.5, 7.0]], requires_grad=True)
    rounded = straight_through(weight)
    trits, scale = ternarised(weight.detach())
    assert torch.allclose(rounded, trits * scale)
    (rounded * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert weight.grad.tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize("form", ["float", "ternary"])
def test_who_learns_answers_as_it_will_be_served(form: str) -> None:
    model = EnergyModel(SHAPE, seed=1)
    x, sigma = torch.randn(20, 2), torch.rand(20) + 0.1
    energy, score = Learner(model, form).both(x, sigma)
    expected_energy, expected_score = served(model, form).both(x, sigma)
    assert torch.allclose(energy, expected_energy, rtol=1e-5, atol=1e-5)
    assert torch.allclose(score, expected_score, rtol=1e-5, atol=1e-5)
    plain = model.both(x, sigma)[1]
    assert torch.allclose(score, plain) == (form == "float")


def test_every_parameter_learns_from_a_ternary_answer() -> None:
    model = EnergyModel(SHAPE, seed=1)
    energy, score = Learner(model, "ternary").both(torch.randn(20, 2), torch.rand(20) + 0.1)
    (energy.square().sum() + score.square().sum()).backward()
    assert all(value.grad is not None and value.grad.any() for value in model.parameters())


def test_only_the_matrices_between_layers_are_ternary() -> None:
    model = served(EnergyModel(SHAPE, seed=1), "ternary")
    ternary = {
        name
        for name, value in model.named_parameters()
        if value.dim() == 2 and all(len(row.unique()) <= 3 for row in value)
    }
    assert ternary == {"weights.0", "weights.1"}


def test_the_score_of_a_ternary_student_is_the_slope_of_its_energy() -> None:
    model = served(EnergyModel(SHAPE, seed=1), "ternary").double()
    x = torch.randn(10, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(model.energy(x, 0.3).sum(), x)
    assert torch.allclose(model.score(x, 0.3), -slope, atol=1e-9)
