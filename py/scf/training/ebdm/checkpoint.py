"""Checkpoints: an energy model as safetensors, with where it came from in the header; never pickle."""

import json
import struct
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from emily.files import replacing
from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.errors import ContractError, RefusedError
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape

Objective = Literal["conditional", "multiscale"]

_KEY = "scf"
_MAX_HEADER = 1 << 20
_MAX_BYTES = 1 << 32


class CheckpointError(RefusedError):
    """A file that is no checkpoint of an energy model, or a damaged or hostile one."""

    code = "SCF022"


class Card(Document):
    """What a checkpoint says of itself."""

    v: Literal[1] = 1
    kind: Literal["ebdm"] = "ebdm"
    shape: Shape
    sigma_min: Annotated[float, Field(gt=0)]
    sigma_max: Annotated[float, Field(gt=0)]
    """The noise levels that it was trained between."""
    model: Name
    generation: Annotated[int, Field(ge=1)]
    job: Cid
    dataset: Cid
    lineage: tuple[Cid, ...] = ()
    """The checkpoints that it descends from, oldest first; the last is its parent."""
    objective: Objective = "conditional"
    """What it learned: an energy for every noise level, or one energy, that of `sigma_min`."""

    @model_serializer(mode="wrap")
    def _without_the_usual(self, written: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        # older checkpoints do not say it: what they would say is not written either
        fields: dict[str, JsonValue] = written(self)
        if self.objective == "conditional":
            del fields["objective"]
        return fields


def save(path: Path, model: EnergyModel, card: Card) -> None:
    """Write a checkpoint, as a whole or not at all; the same model and card give the same bytes."""
    tensors = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    # one key only: the order of several would differ from process to process
    content = save_tensors(tensors, {_KEY: card.canonical().decode()})
    with replacing(path) as file:
        file.write(content)


def load(path: Path) -> EnergyModel:
    """The model of a checkpoint, in evaluation mode. Raises CheckpointError, OSError."""
    return load_with_card(path)[0]


def load_with_card(path: Path) -> tuple[EnergyModel, Card]:
    """The model of a checkpoint and its card. Raises CheckpointError, OSError."""
    card = read_card(path)
    size = path.stat().st_size
    # before memory is spent: a few bytes of header may claim a network of any size
    if card.shape.numbers * 4 > size or size > _MAX_BYTES:
        raise CheckpointError(f"{path.name}: {size} bytes are not what its shape needs")
    try:
        tensors = load_tensors(path.read_bytes())
    except SafetensorError as error:
        raise CheckpointError(f"{path.name}: {error}") from None
    model = EnergyModel(card.shape)
    fit(model, tensors, source=path.name)
    return model.requires_grad_(False).eval(), card


def fit(model: EnergyModel, tensors: dict[str, torch.Tensor], *, source: str) -> None:
    """Put tensors into a model of exactly their names, shapes and type. Raises CheckpointError."""
    state = model.state_dict()
    if tensors.keys() != state.keys():
        odd = ", ".join(sorted(tensors.keys() ^ state.keys())[:4])
        raise CheckpointError(f"{source}: other tensors than the network's: {odd}")
    for name, tensor in tensors.items():
        if tensor.shape != state[name].shape or tensor.dtype != state[name].dtype:
            raise CheckpointError(f"{source}: {name}: another shape or type than the network's")
        if not bool(tensor.isfinite().all()):
            raise CheckpointError(f"{source}: {name}: not every number is finite")
    if float(tensors["spread"]) <= 0:
        raise CheckpointError(f"{source}: spread: not above zero")
    model.load_state_dict(tensors)


def read_card(path: Path) -> Card:
    """What a checkpoint says of itself; only its header is read. Raises CheckpointError, OSError."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
        if length > _MAX_HEADER:
            raise CheckpointError(f"{path.name}: no safetensors file")
        head = file.read(length)
    try:
        text = json.loads(head)["__metadata__"][_KEY]
        return Card.parse(text, source=path.name)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckpointError(f"{path.name}: no checkpoint of SCF's") from None
    except ContractError as error:
        raise CheckpointError(str(error)) from None
