"""A student's file: its card, and its network's tensors in float32 or packed; read without torch."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import rfc8785
from numpy.typing import NDArray
from pydantic import Field

from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.errors import ContractError
from scf.training.distill.packing import unpack
from scf.training.ebdm.shape import Shape
from scf.training.tensors import Array, TensorsError, read

Form = Literal["float", "ternary"]
Floats = NDArray[np.float32]


class Card(Document):
    """What a student's file says of itself."""

    v: Literal[1] = 1
    kind: Literal["student"] = "student"
    form: Form
    shape: Shape
    sigma_min: Annotated[float, Field(gt=0)]
    sigma_max: Annotated[float, Field(gt=0)]
    """The noise levels that it was taught between."""
    model: Name
    generation: Annotated[int, Field(ge=1)]
    job: Cid
    dataset: Cid
    lineage: tuple[Cid, ...] = Field(min_length=1)
    """The checkpoints that it descends from, oldest first; the last is its teacher."""


def tensors_of(shape: Shape) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of a network, as `EnergyModel.state_dict` names them."""
    d, k, width = shape.dimensions, shape.features, shape.width
    hidden = range(shape.depth - 1)
    return {
        "centre": (d,),
        "spread": (),
        "frequencies": (k, d),
        "levels": (shape.levels,),
        "inlet": (width, d + 2 * k),
        "noise": (width, 2 * shape.levels + 1),
        "bias": (width,),
        **{f"weights.{layer}": (width, width) for layer in hidden},
        **{f"biases.{layer}": (width,) for layer in hidden},
        "outlet": (width,),
    }


def is_ternary(name: str, form: Form) -> bool:
    """Whether the tensor of this name is held as -1, 0 and 1.

    The matrices between the layers are; the ways in, the way out and the biases are not, as BitNet
    keeps its embedding and its head.
    """
    return form == "ternary" and name.startswith("weights.")


def read_student(path: Path) -> tuple[Card, dict[str, Floats]]:
    """The card and the tensors of a student, ternary ones times the scale of each row. Raises TensorsError."""
    arrays, about = read(path)
    try:
        card = Card.parse(rfc8785.dumps(about), source=path.name)
        expected = tensors_of(card.shape)
        tensors = {
            name: _ternary(arrays, name, size)
            if is_ternary(name, card.form)
            else _floats(arrays, name, size)
            for name, size in expected.items()
        }
        if arrays:
            raise ValueError(f"unknown tensors {', '.join(sorted(arrays))}")
        if not tensors["spread"] > 0:
            raise ValueError("spread is not above zero")
    except (ContractError, ValueError, rfc8785.CanonicalizationError) as error:
        raise TensorsError(f"{path.name} is no student: {error}") from error
    return card, tensors


def _floats(arrays: dict[str, Array], name: str, shape: tuple[int, ...]) -> Floats:
    """Take an array out of `arrays`."""
    found = arrays.pop(name, None)
    if found is None or found.dtype != np.float32 or found.shape != shape:
        raise ValueError(f"expected {name} of shape {shape} in float32")
    values = found.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds values that are not finite")
    return values


def _ternary(arrays: dict[str, Array], name: str, shape: tuple[int, ...]) -> Floats:
    packed = arrays.pop(f"{name}.packed", None)
    if packed is None or packed.dtype != np.uint8:
        raise ValueError(f"expected {name}.packed in bytes")
    trits = unpack(packed.astype(np.uint8, copy=False), shape)
    return trits.astype(np.float32) * _floats(arrays, f"{name}.scale", (shape[0], 1))
