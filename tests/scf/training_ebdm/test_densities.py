import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scf.training.densities.quality import quality, relative_error, sliced_wasserstein
from scf.training.densities.shapes import DENSITIES, Gaussians25, Rings, Spiral, TwoMoons

NAMES = sorted(DENSITIES)
LEVELS = (0.0, 0.2, 0.8, 4.0)


@pytest.fixture(params=NAMES)
def density(request):
    return DENSITIES[request.param]()


@pytest.mark.parametrize("sigma", LEVELS)
def test_its_mass_is_one(density, sigma):
    sd = np.hypot(density.sd, sigma)
    # the trapezoid rule on a smooth bump converges like exp(-(sd / step)²): two steps a sd do
    axis = np.arange(-5 - 7 * sd, 5 + 7 * sd, sd / 2)
    axis = axis[:600] if len(axis) <= 600 else np.linspace(axis[0], axis[-1], 600)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    step = axis[1] - axis[0]
    assert np.exp(density.log_density(grid, sigma)).sum() * step**2 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("sigma", LEVELS)
def test_the_score_is_the_slope_of_the_log_density(density, sigma):
    rng = np.random.default_rng(1)
    x = density.sample(64, rng) + sigma * rng.standard_normal((64, 2))
    h = 1e-5
    slope = [
        (density.log_density(x + e, sigma) - density.log_density(x - e, sigma)) / (2 * h)
        for e in h * np.eye(2)
    ]
    np.testing.assert_allclose(density.score(x, sigma), np.stack(slope, 1), rtol=1e-5, atol=1e-4)


def test_samples_are_drawn_from_it(density):
    x = density.sample(20000, np.random.default_rng(2))
    nodes = np.average(density.nodes, axis=0, weights=density.weights)
    np.testing.assert_allclose(x.mean(0), nodes, atol=0.08)
    # of any density, the expected score is zero and the expected x·score is minus the dimensions
    score = density.score(x)
    spread = score.std(0) / np.sqrt(len(x))
    assert (np.abs(score.mean(0)) < 4 * spread).all()
    inner = (x * score).sum(1)
    assert inner.mean() == pytest.approx(-2, abs=4 * inner.std() / np.sqrt(len(x)))


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        (Rings, lambda n: np.linspace(0, 2 * np.pi, n, endpoint=False)),
        (TwoMoons, lambda n: np.pi * (np.arange(n) + 0.5) / n),
        (Spiral, lambda n: 3 * np.pi * (np.arange(n) + 0.5) / n),
    ],
)
def test_the_quadrature_agrees_with_a_thousand_times_finer_one(kind, exact):
    density = kind()
    angle = exact(100_000)
    arc = np.stack([np.cos(angle), np.sin(angle)], 1)
    if kind is Rings:
        fine = np.concatenate([r * arc for r in Rings.radii])
    elif kind is Spiral:
        fine = (0.5 + 2 * angle / (3 * np.pi))[:, None] * arc
    else:
        fine = np.concatenate([2 * (arc - (0.5, 0.25)), 2 * ((0.5, 0.25) - arc)])
    x = density.sample(8, np.random.default_rng(3))
    square = ((x[:, None] - fine) ** 2).sum(2) / (2 * density.sd**2)
    plain = np.log(np.exp(-square).mean(1) / (2 * np.pi * density.sd**2))
    np.testing.assert_allclose(density.log_density(x), plain, atol=1e-6)


@given(st.floats(0, 2 * np.pi), st.sampled_from(LEVELS))
def test_rings_are_the_same_from_every_side(angle, sigma):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x = np.array([[1.4, 0.1], [0.0, 3.6], [2.5, -0.3]])
    rings = Rings()
    np.testing.assert_allclose(
        rings.log_density(x @ turn.T, sigma), rings.log_density(x, sigma), atol=1e-8
    )
    np.testing.assert_allclose(
        rings.score(x @ turn.T, sigma), rings.score(x, sigma) @ turn.T, atol=1e-6
    )


def test_modes_are_where_the_slope_vanishes():
    grid = Gaussians25()
    assert grid.modes().shape == (25, 2)
    np.testing.assert_allclose(grid.score(grid.modes()), 0, atol=1e-9)
    assert len(TwoMoons().modes()) == len(Rings().modes()) == 0


def test_true_samples_reach_every_mode_with_the_share_of_three_deviations():
    grid = Gaussians25()
    found = quality(grid.sample(50_000, np.random.default_rng(4)), grid.modes(), grid.sd)
    assert found.modes == 25
    assert found.high_quality == pytest.approx(1 - np.exp(-4.5), abs=0.002)  # Rayleigh beyond 3
    assert found.kl == pytest.approx(24 / (2 * 50_000), rel=1)  # the mean of chance alone


def test_quality_of_what_is_no_sample_of_it():
    grid = Gaussians25()
    one = quality(np.zeros((10, 2)), grid.modes(), grid.sd)
    assert (one.modes, one.high_quality, one.kl) == (1, 1.0, pytest.approx(np.log(25)))
    none = quality(np.ones((10, 2)), grid.modes(), grid.sd)
    assert (none.modes, none.high_quality, none.kl) == (0, 0.0, np.inf)


def test_a_shift_is_as_far_as_its_mean_projection():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((500, 2))
    apart = sliced_wasserstein(x, x[::-1] + np.array([3.0, 0.0]), slices=4000)
    assert apart == pytest.approx(3 * 2 / np.pi, rel=0.02)  # the mean of |cos|
    assert sliced_wasserstein(x, x) == 0
    with pytest.raises(ValueError, match="3 points beside 2"):
        sliced_wasserstein(x[:3], x[:2])


def test_relative_error_is_of_the_norm_not_of_its_square():
    assert relative_error(np.array([[1.1, 0.0]]), np.array([[1.0, 0.0]])) == pytest.approx(0.1)
