"""Students into files, and out of them into torch; `student` reads the same files without it."""

from pathlib import Path

import numpy as np
import torch

from scf.training.distill.card import Card, is_ternary, read_student
from scf.training.distill.packing import pack
from scf.training.distill.ternary import ternarised
from scf.training.ebdm.network import EnergyModel
from scf.training.tensors import Array, write


def save(path: Path, model: EnergyModel, card: Card) -> None:
    """Write a student, as a whole or not at all, from the parameters that learned. Raises OSError."""
    arrays: dict[str, Array] = {}
    for name, tensor in model.state_dict().items():
        value = tensor.cpu()
        if is_ternary(name, card.form):
            trits, scale = ternarised(value)
            arrays[f"{name}.packed"] = pack(trits.to(torch.int8).numpy())
            arrays[f"{name}.scale"] = scale.numpy()
        else:
            arrays[name] = value.numpy()
    write(path, arrays, card.model_dump(mode="json"))


def load(path: Path) -> tuple[EnergyModel, Card]:
    """A student as torch sees it, in evaluation mode, and its card. Raises TensorsError."""
    card, tensors = read_student(path)
    model = EnergyModel(card.shape)
    model.load_state_dict({name: torch.tensor(np.array(each)) for name, each in tensors.items()})
    return model.requires_grad_(False).eval(), card
