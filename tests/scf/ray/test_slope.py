"""Parts of a step: their sum is the whole step's slope, and a worker gives what the trainer would."""

import pytest
import torch

from scf.training.ebdm.config import Config
from scf.training.ebdm.fit import deterministic
from scf.training.ebdm.loss import Noised, noised
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.parts import here, parted
from scf.training.ebdm.state import State
from scf.worker.ray.slope import Common, Own, Slope, kind

CONFIGS = [
    Config(width=16, features=8, batch=50, reference=20),
    Config(width=16, features=8, batch=50, reference=0, objective="multiscale"),
    Config(width=16, features=8, batch=50, residual="rotation"),
]


def state_of(config: Config) -> State:
    model = EnergyModel(config.shape(2), seed=1)
    model.fit_scale(torch.tensor([0.5, -1.0]), 1.7)
    return State(model, seed=0)


def drawn(config: Config) -> tuple[Noised, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    points = torch.randn(config.batch, 2, generator=generator)
    reference = torch.randn(config.reference, 2, generator=generator)
    return noised(points, config.sigma_min, config.sigma_max, generator), reference


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("most", [2, 3, 7, 200])
def test_the_slopes_of_the_parts_add_up_to_that_of_the_whole(config: Config, most: int) -> None:
    state, (points, reference) = state_of(config), drawn(config)
    (whole,) = here(state, config, parted(points, reference, 1))
    whole = whole.clone()
    parts = parted(points, reference, most)
    assert len(parts) == min(most, config.batch)
    assert sum(part.share for part in parts) == pytest.approx(1)
    total = torch.zeros_like(whole)
    for slope in here(state, config, parts):
        total += slope
    assert float((total - whole).norm() / whole.norm()) < 1e-5


@pytest.mark.parametrize("config", CONFIGS)
def test_a_worker_gives_the_trainers_slope_to_the_byte(config: Config) -> None:
    state, (points, reference) = state_of(config), drawn(config)
    parts = parted(points, reference, 3)
    buffers = {name: buffer.numpy() for name, buffer in state.model.named_buffers()}
    worker = Slope(state.model.shape.canonical(), config.canonical(), buffers)
    worker.kind()
    common = Common(state.values.numpy(), reference.numpy())
    with deterministic():
        wanted = [slope.clone() for slope in here(state, config, parts)]
    for part, slope in zip(parts, wanted, strict=True):
        answer = worker.slope(common, Own.of(part))
        assert answer.slope.tobytes() == slope.numpy().tobytes()
        assert answer.seconds > 0
    assert worker.kind() == kind(state.model.shape, config, torch.device("cpu"))


def test_other_code_is_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIGS[0]
    one = kind(config.shape(2), config, torch.device("cpu"))
    monkeypatch.setattr("scf.worker.ray.slope.code_revision", lambda: "0+other")
    assert kind(config.shape(2), config, torch.device("cpu")) != one
