"""The state of a training: all that its next step depends on, to be saved and taken up again."""

import hashlib
import math
from pathlib import Path

import torch
from torch import Tensor

from scf.batcher.position import Position
from scf.errors import ContractError
from scf.training import resume
from scf.training.ebdm.network import EnergyModel
from scf.training.task import RecipeError
from scf.training.tensors import Array

_BETAS = (0.9, 0.99)
_EPSILON = 1e-8


class State:
    """A model being trained, its running mean, Adam's moments, the noise's generator, the place in the
    data, and the last points seen.

    The parameters are views of one vector and so are their gradients: a step of Adam (Kingma & Ba
    2015, arXiv:1412.6980) is a handful of operations, whatever the network.
    """

    def __init__(self, model: EnergyModel, *, seed: int) -> None:
        self.model = model
        self.values = torch.cat([value.detach().reshape(-1) for value in model.parameters()])
        self.grads = torch.zeros_like(self.values)
        at = 0
        for value in model.parameters():
            end = at + value.numel()
            value.data = self.values[at:end].view_as(value)
            value.grad = self.grads[at:end].view_as(value)
            at = end
        self.mean = self.values.clone()
        self.first = torch.zeros_like(self.values)
        self.second = torch.zeros_like(self.values)
        self.generator = torch.Generator().manual_seed(seed)
        self.recent = torch.zeros((0, model.shape.dimensions), device=model.device)
        self.position: Position | None = None
        self.step = 0

    def slope(self, loss: Tensor) -> Tensor:
        """The gradient of a loss, as one vector, which the next call overwrites."""
        self.grads.zero_()
        torch.autograd.backward(loss)
        return self.grads

    @torch.no_grad()
    def descend(
        self, slope: Tensor, *, lr: float, clip: float, ema: float, decay: float = 0.0
    ) -> None:
        """One step of Adam down a slope, taken as no longer than `clip`. Raises RecipeError.

        Matrices shrink by `lr`·`decay` before it (Loshchilov & Hutter 2019, arXiv:1711.05101).
        """
        length = float(slope.norm())
        if not math.isfinite(length):
            raise RecipeError(
                f"the loss has no slope that is a number after {self.step} steps",
                hint="lower lr, or raise warmup",
            )
        if length > clip:
            slope = slope * (clip / length)
        self.step += 1
        one, two = _BETAS
        self.first.lerp_(slope, 1 - one)
        self.second.mul_(two).addcmul_(slope, slope, value=1 - two)
        scale = math.sqrt(1 - two**self.step)
        size = lr * scale / (1 - one**self.step)
        if decay:
            for value in self.model.parameters():
                if value.dim() > 1:
                    value.mul_(1 - lr * decay)
        self.values.addcdiv_(self.first, self.second.sqrt().add_(_EPSILON * scale), value=-size)
        # the first steps count for more, or the mean would remember the beginning for long
        self.mean.lerp_(self.values, 1 - min(ema, self.step / (9 + self.step)))

    def averaged(self) -> EnergyModel:
        """A model of the running mean, not to be trained."""
        model = EnergyModel(self.model.shape).to(self.model.device)
        model.load_state_dict(self.model.state_dict())
        torch.nn.utils.vector_to_parameters(self.mean, model.parameters())
        return model.requires_grad_(False).eval()

    def save(self, folder: Path, job: str) -> None:
        """Save it, in place of what was saved before. Raises OSError."""
        arrays = {name: value.cpu().numpy() for name, value in self._tensors().items()}
        arrays["generator"] = self.generator.get_state().numpy()
        arrays["recent"] = self.recent.cpu().numpy()
        position = "" if self.position is None else self.position.canonical().decode()
        about = {"position": position, "sha256": _digest(arrays, position, self.step)}
        resume.keep(folder, job, resume.Kept(self.step, arrays, about))

    def take_up(self, folder: Path, job: str) -> bool:
        """Go on from what was saved of this job; False, and nothing changed, when it is not whole."""
        kept = resume.kept(folder, job)
        if kept is None:
            return False
        arrays, position = dict(kept.arrays), kept.state.get("position")
        if not isinstance(position, str):
            return False
        if kept.state.get("sha256") != _digest(arrays, position, kept.step):
            return False
        named = self._tensors()
        wanted = {name: tuple(value.shape) for name, value in named.items()}
        generator, recent = arrays.pop("generator", None), arrays.pop("recent", None)
        if generator is None or recent is None:
            return False
        if {name: array.shape for name, array in arrays.items()} != wanted:
            return False
        try:
            place = Position.parse(position, source="resume") if position else None
        except ContractError:
            return False
        for name, value in named.items():
            value.copy_(torch.from_numpy(arrays[name]))
        self.generator.set_state(torch.from_numpy(generator))
        self.recent = torch.from_numpy(recent).to(self.model.device)
        self.position, self.step = place, kept.step
        return True

    def _tensors(self) -> dict[str, Tensor]:
        # of the model's buffers, a parent's may differ from the data's: they are kept too
        buffers = {f"buffer.{name}": value for name, value in self.model.named_buffers()}
        vectors = {
            "values": self.values,
            "mean": self.mean,
            "first": self.first,
            "second": self.second,
        }
        return buffers | vectors


def _digest(arrays: dict[str, Array], position: str, step: int) -> str:
    hashed = hashlib.sha256(f"{step} {position}\n".encode())
    for name in sorted(arrays):
        array = arrays[name]
        hashed.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        hashed.update(array.tobytes())
    return hashed.hexdigest()
