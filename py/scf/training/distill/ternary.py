"""Ternary weights that learn: those of BitNet b1.58 (Ma et al. 2024, arXiv:2402.17764), row by row.

A row W of a matrix works as s·T with T = RoundClip(W/m, -1, 1), m being the mean of |W|, and s the mean of
|W| where T is not 0: no other s is nearer to W (Li & Liu 2016, arXiv:1605.04711). What learns is W itself, in
float32: the slope passes the rounding as if it were not there (Bengio, Léonard & Courville 2013,
arXiv:1308.3432). Unlike BitNet, activations stay in float32: were they rounded to 8 bits, the score would no
longer be the slope of the energy.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from scf.training.distill.card import Form, is_ternary
from scf.training.ebdm.network import EnergyModel

_LEAST = 1e-5


def ternarised(weight: Tensor) -> tuple[Tensor, Tensor]:
    """-1, 0 and 1 for a weight (n, m), and the scale of each row, (n, 1)."""
    magnitude = weight.abs()
    trits = (weight / magnitude.mean(1, keepdim=True).clamp_min(_LEAST)).round().clamp(-1, 1)
    kept = trits.abs()
    scale = (magnitude * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp_min(1)
    return trits, scale.clamp_min(_LEAST)


def straight_through(weight: Tensor) -> Tensor:
    """Each row s·T of a weight (n, m), with the slope of W."""
    trits, scale = ternarised(weight.detach())
    return weight + (trits * scale - weight).detach()


class Learner(nn.Module):
    """A network that learns in float32 and answers as it will be served."""

    def __init__(self, model: EnergyModel, form: Form) -> None:
        super().__init__()
        self.model = model
        self.form = form

    def forward(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """E and the score with the parameters as they are."""
        return self.model.both(x, sigma)

    def both(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """E and the score, of shapes (n,) and (n, d), at points (n, d) with noise (n,)."""
        if self.form == "float":
            return self.model.both(x, sigma)
        rounded = {
            f"model.{name}": straight_through(value)
            for name, value in self.model.named_parameters()
            if is_ternary(name, self.form)
        }
        energy, score = functional_call(self, rounded, (x, sigma))
        return energy, score


def served(model: EnergyModel, form: Form) -> EnergyModel:
    """A model as it will be served: its ternary matrices rounded; not to be trained."""
    found = EnergyModel(model.shape).to(model.device)
    found.load_state_dict(model.state_dict())
    with torch.no_grad():
        for name, value in found.named_parameters():
            if is_ternary(name, form):
                trits, scale = ternarised(value)
                value.copy_(trits * scale)
    return found.requires_grad_(False).eval()
