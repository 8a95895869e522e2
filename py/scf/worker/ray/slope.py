"""The cluster's side: a worker that computes slopes and keeps nothing between two of them.

What it is asked is all that its answer depends on, so it may be killed, moved and asked again.
"""

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from scf.training.device import chosen, normal
from scf.training.ebdm.config import Config
from scf.training.ebdm.fit import deterministic
from scf.training.ebdm.loss import Noised, noised
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.parts import Part, parted, slope_of
from scf.training.ebdm.points import Floats
from scf.training.ebdm.shape import Shape
from scf.training.ebdm.state import State
from scf.training.revision import code_revision


@dataclass(frozen=True, slots=True)
class Common:
    """What all parts of a step have in common: the parameters as one vector, and the reference."""

    values: Floats
    reference: Floats


@dataclass(frozen=True, slots=True)
class Own:
    """What a part has of its own."""

    share: float
    clean: Floats
    sigma: Floats
    noise: Floats

    @classmethod
    def of(cls, part: Part) -> "Own":
        """A part, to be sent."""
        points = part.points
        return cls(
            part.share,
            points.clean.cpu().numpy(),
            points.sigma.cpu().numpy(),
            points.noise.cpu().numpy(),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A slope, and the processor's seconds that it took."""

    slope: Floats
    seconds: float


class Slope:
    """A worker for models of one shape, whose `buffers` are what no step changes."""

    def __init__(self, shape: bytes, config: bytes, buffers: Mapping[str, Floats]) -> None:
        self._config = Config.parse(config, source="config")
        self._device = chosen(self._config.device)
        model = EnergyModel(Shape.parse(shape, source="shape")).to(self._device)
        for name, buffer in model.named_buffers():
            buffer.copy_(torch.tensor(buffers[name]))
        self._state = State(model, seed=0)

    def kind(self) -> str:
        """What it computes with."""
        return kind(self._state.model.shape, self._config, self._device)

    def slope(self, common: Common, own: Own) -> Answer:
        """The gradient of a part's share of the loss."""
        began = time.process_time()
        self._state.values.copy_(torch.tensor(common.values))
        points = Noised(*map(self._tensor, (own.clean, own.sigma, own.noise)))
        part = Part(own.share, points, self._tensor(common.reference))
        with deterministic():
            found = slope_of(self._state, self._config, part).cpu().numpy()
        return Answer(found, time.process_time() - began)

    def _tensor(self, array: Floats) -> Tensor:
        # what comes is shared and not to be written to, which torch.from_numpy would warn of
        return torch.tensor(array, device=self._device)


def kind(shape: Shape, config: Config, device: torch.device) -> str:
    """What slopes are computed with: code, torch, and how the processor rounds, seen on a part.

    Only where that is the same are slopes the same to the byte.
    """
    generator = torch.Generator().manual_seed(0)
    rows = math.ceil(config.batch / config.slices)
    points = normal((rows, shape.dimensions), generator, device)
    reference = normal((config.reference, shape.dimensions), generator, device)
    noisy = noised(points, config.sigma_min, config.sigma_max, generator)
    with deterministic():
        state = State(EnergyModel(shape).to(device), seed=0)
        found = slope_of(state, config, parted(noisy, reference, 1)[0])
    digest = hashlib.sha256(found.cpu().numpy().tobytes()).hexdigest()[:16]
    return f"code {code_revision()}, torch {torch.__version__}, slope {digest}"
