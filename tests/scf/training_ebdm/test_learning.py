import math
import zlib
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from tests.scf.training_ebdm_data import dataset, task

from scf.contracts.job import CHECKPOINT
from scf.training.densities.density import Density
from scf.training.densities.shapes import Gaussians25, Rings
from scf.training.ebdm.checkpoint import load
from scf.training.ebdm.loss import conditional_loss, multiscale_loss, noised, target_of
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.picture import picture
from scf.training.ebdm.recipe import train
from scf.training.ebdm.residual import Rotation
from scf.training.ebdm.sampling import Sampling, sample
from scf.training.ebdm.shape import Shape


class Exact:
    """A density in place of a model."""

    def __init__(self, density: Density, wrong: float = 0.0) -> None:
        self.density, self.wrong = density, wrong
        self.shape = Shape()
        self.centre, self.spread = torch.zeros(2), torch.tensor(2.8)
        self.device = torch.device("cpu")

    def score(self, x, sigma):
        return self.slopes(x, sigma)[1]

    def energy(self, x, sigma):
        return -torch.from_numpy(self.density.log_density(x.double().numpy(), sigma)).float()

    def slopes(self, x, sigma):
        levels = torch.as_tensor(sigma, dtype=x.dtype).expand(len(x))
        found = [
            (
                self.density.score(point[None], level)[0],
                (
                    self.density.log_density(point[None], level * 0.999)[0]
                    - self.density.log_density(point[None], level * 1.001)[0]
                )
                / 0.002,
            )
            for point, level in zip(x.double().numpy(), levels.tolist(), strict=True)
        ]
        score = torch.from_numpy(np.stack([each[0] for each in found])).float()
        slope = torch.tensor([each[1] for each in found])
        return torch.zeros(len(x)), score * (1 + self.wrong), slope * (1 + self.wrong)


def drawn(n: int = 1500):
    generator = torch.Generator().manual_seed(1)
    clean = torch.from_numpy(Rings().sample(n, np.random.default_rng(0))).float()
    return clean, noised(clean, 0.1, 4.0, generator)


def test_noise_comes_twice_with_opposite_signs_and_spreads_over_all_levels():
    clean, points = drawn(64)
    assert torch.equal(points.clean, clean.repeat(2, 1))
    assert torch.equal(points.noise[:64], -points.noise[64:])
    assert torch.equal(points.sigma[:64], points.sigma[64:])
    place = (points.sigma[:64] / 0.1).log() / math.log(40)
    assert torch.equal((place * 64).long(), torch.arange(64)), "one level in each slice"


@pytest.mark.parametrize("level_weight", [0.0, 1.0])
def test_no_model_has_less_loss_than_the_density_itself(level_weight):
    clean, points = drawn()
    for reference in (clean[:0], clean):
        target = target_of(points, reference)
        exact, less, more = (
            float(conditional_loss(Exact(Rings(), w), points, target, level_weight=level_weight))
            for w in (0.0, -0.1, 0.1)
        )
        assert exact < less
        assert exact < more


def test_a_reference_takes_the_noise_out_of_the_target():
    clean, points = drawn()
    model = Exact(Rings())
    plain = float(conditional_loss(model, points, target_of(points, clean[:0]), level_weight=1.0))
    other = torch.from_numpy(Rings().sample(4000, np.random.default_rng(7))).float()
    steady = float(conditional_loss(model, points, target_of(points, other), level_weight=1.0))
    assert steady < 0.2 * plain


def test_one_energy_of_many_levels_undoes_all_noise_best():
    clean, points = drawn(400)
    base = 0.5

    class Step:
        def __init__(self, of):
            self.of = of

        def score(self, x, sigma):
            assert sigma == base
            return self.of(x) / base**2

    target = target_of(points, clean[:0])
    back = Step(lambda _: -points.sigma[:, None] * points.noise)
    assert float(multiscale_loss(back, points, target, base=base)) == pytest.approx(0, abs=1e-6)
    still = Step(torch.zeros_like)
    assert float(multiscale_loss(still, points, target, base=base)) == pytest.approx(2, rel=0.15)


def test_langevin_draws_from_the_density_whose_score_it_follows():
    density = Rings()

    class Model(Exact):
        def score(self, x, sigma):
            return torch.from_numpy(self.density.score(x.double().numpy(), sigma)).float()

    plan = Sampling()
    points = sample(Model(density), 600, low=0.05, high=8.0, plan=plan, seed=1).double().numpy()
    radius = np.hypot(*points.T)
    near = np.abs(radius[:, None] - density.radii)
    assert (near.min(1) < 3.5 * density.sd).all()
    share = (near.argmin(1) == 0).mean()
    assert share == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(600))
    angle = np.arctan2(*points.T)
    assert abs(np.exp(1j * angle).mean()) < 4 / math.sqrt(600)


def test_the_same_seed_draws_the_same_points():
    model = EnergyModel(Shape(width=8, depth=1, features=4))
    plan = Sampling(levels=3, steps=2)
    one, same, other = (
        sample(model, 20, low=0.1, high=4.0, plan=plan, seed=seed) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_generator_of_rotations_vanishes_for_what_is_round_alone():
    x, sigma = torch.randn(50, 2), torch.full((50,), 0.5)

    class Round(Exact):
        def score(self, x, sigma):
            del sigma
            return -x * x.square().sum(1, keepdim=True)

    class Skewed(Exact):
        def score(self, x, sigma):
            del sigma
            return -x * torch.tensor([1.0, 2.0])

    assert float(Rotation()(Round(Rings()), x, sigma)) == pytest.approx(0, abs=1e-8)
    assert float(Rotation()(Skewed(Rings()), x, sigma)) > 1e-3


def test_the_residual_makes_the_energy_of_few_points_rounder(tmp_path):
    data = dataset(tmp_path, Rings().sample(150, np.random.default_rng(0)))
    config = {
        "width": 48,
        "depth": 2,
        "features": 32,
        "sigma_min": 0.1,
        "steps": 300,
        "batch": 64,
        "reference": 0,
        "samples": 0,
        "held_out": 0.1,
        "ema": 0.98,
    }
    x = torch.from_numpy(Rings().sample(2000, np.random.default_rng(1))).float()
    turned = x @ torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    found = {}
    for name, residual in (("free", None), ("round", "rotation")):
        todo = task(
            tmp_path, tmp_path / name, data, residual=residual, residual_weight=5.0, **config
        )
        train(todo, lambda _step, _of: None)
        model = load(todo.out / CHECKPOINT)
        apart = model.energy(turned, 0.3) - model.energy(x, 0.3)
        found[name] = float(apart.square().mean().sqrt())
    assert found["round"] < 0.5 * found["free"]


def test_the_picture_is_one_svg_with_its_maps_in_it():
    density = Gaussians25()
    points = density.sample(300, np.random.default_rng(0))
    root = ElementTree.fromstring(picture(Exact(density), density, points))
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    maps = root.findall(f"{space}image")
    assert len(maps) == 2
    true, learned = (b64decode(each.get("href").partition(",")[2]) for each in maps)
    assert true[:8] == b"\x89PNG\r\n\x1a\n"
    # an exact model's map is the true one, up to rounding of a colour
    one, other = (np.frombuffer(_pixels(png), np.uint8).astype(int) for png in (true, learned))
    assert np.abs(one - other).max() <= 1
    titles = [each.text for each in root.findall(f"{space}text")]
    assert "true" in titles
    assert "300 samples" in titles
    alone = ElementTree.fromstring(picture(Exact(density), None, points))
    assert len(alone.findall(f"{space}image")) == 1


def _pixels(png: bytes) -> bytes:
    at = png.index(b"IDAT")
    size = int.from_bytes(png[at - 4 : at], "big")
    return zlib.decompress(png[at + 4 : at + 4 + size])
