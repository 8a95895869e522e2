import pytest
import torch

from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape

SHAPES = [
    Shape(width=16, depth=1, features=4, levels=2),
    Shape(width=24, depth=3, features=8),
    Shape(dimensions=5, width=16, depth=4, features=8),
]


def wide_awake(shape: Shape, seed: int = 0) -> EnergyModel:
    """A network in double precision with biases and scales that are not at rest."""
    model = EnergyModel(shape, seed=seed).double()
    generator = torch.Generator().manual_seed(seed + 1)
    for value in model.parameters():
        value.data += 0.3 * torch.randn(value.shape, generator=generator, dtype=value.dtype)
    model.fit_scale(torch.linspace(-1, 1, shape.dimensions), 1.7)
    return model


def points(shape: Shape, n: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    x = 3 * torch.randn(n, shape.dimensions, generator=generator, dtype=torch.float64)
    return x, torch.logspace(-1.5, 0.9, n, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_score_is_the_slope_that_autograd_finds(shape):
    model, (x, sigma) = wide_awake(shape), points(shape)
    x.requires_grad_(True)
    energy, score = model.both(x, sigma)
    (slope,) = torch.autograd.grad(energy.sum(), x, retain_graph=True)
    torch.testing.assert_close(score, -slope, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_so_is_the_slope_over_the_noise_level(shape):
    model, (x, sigma) = wide_awake(shape), points(shape)
    sigma.requires_grad_(True)
    energy, _, found = model.slopes(x, sigma)
    (slope,) = torch.autograd.grad(energy.sum(), sigma, retain_graph=True)
    torch.testing.assert_close(found, sigma.detach() * slope, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_training_by_one_backward_pass_gives_the_gradient_of_two(shape):
    model, (x, sigma) = wide_awake(shape), points(shape)
    model.score(x, sigma).square().sum().backward()
    found = [value.grad.clone() for value in model.parameters()]
    x.requires_grad_(True)
    (slope,) = torch.autograd.grad(model.energy(x, sigma).sum(), x, create_graph=True)
    expected = torch.autograd.grad(slope.square().sum(), list(model.parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES[1:], ids=str)
def test_the_score_has_no_curl(shape):
    model, (x, sigma) = wide_awake(shape), points(shape)
    for point, level in zip(x, sigma, strict=True):
        jacobian = torch.autograd.functional.jacobian(
            lambda at, s=level: model.score(at[None], s)[0], point
        )
        torch.testing.assert_close(jacobian, jacobian.T, rtol=1e-9, atol=1e-9)
        assert jacobian.abs().max() > 1e-3


def test_one_noise_level_for_all_is_that_level_for_each():
    shape = SHAPES[1]
    model, (x, _) = wide_awake(shape), points(shape)
    torch.testing.assert_close(model.score(x, 0.5), model.score(x, torch.full((7,), 0.5)))


def test_far_out_in_much_noise_it_is_the_gaussian_of_the_data():
    model = EnergyModel(SHAPES[1])
    model.fit_scale(torch.tensor([1.0, -2.0]), 0.5)
    x = torch.tensor([[400.0, 100.0], [-300.0, 250.0]])
    expected = -(x - model.centre) / (100.0**2 + 0.5**2)
    torch.testing.assert_close(model.score(x, 100.0), expected, rtol=0.02, atol=1e-4)


def test_the_seed_alone_decides_where_it_begins():
    one, same, other = (EnergyModel(SHAPES[1], seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["inlet"], other["inlet"])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_shape_knows_how_many_numbers_it_needs(shape):
    state = EnergyModel(shape).state_dict()
    assert shape.numbers == sum(value.numel() for value in state.values())
