"""A GFlowNet's checkpoint: the same parameters and record as Emily's .npz, as safetensors."""

import json
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from emily.cognition.gflownet.checkpoint import Trained, TrainingRecord
from emily.cognition.gflownet.checkpoint import save as save_npz
from emily.cognition.gflownet.errors import GFlowNetError
from emily.cognition.gflownet.hypergrid import Hypergrid
from emily.cognition.gflownet.policy import Parameters, Policy
from scf.training.tensors import Array, TensorsError, read, write

KIND = "gflownet"


def save(trained: Trained, path: Path) -> None:
    """Write a checkpoint, in place of a file of this name once all is written. Raises OSError."""
    record: JsonValue = json.loads(trained.record.model_dump_json())
    write(path, arrays_of("", trained.policy.parameters), {"kind": KIND, "record": record})


def load(path: Path) -> Trained:
    """Read a checkpoint. Raises TensorsError unless it is whole and fits together."""
    arrays, about = read(path)
    if about.get("kind") != KIND:
        raise TensorsError(f"{path.name} is no checkpoint of a GFlowNet")
    try:
        record = TrainingRecord.model_validate_json(json.dumps(about.get("record")))
        grid = Hypergrid(record.side, record.dimensions, record.floor)
        return Trained(Policy(grid, parameters_of("", arrays)), record)
    except (GFlowNetError, TensorsError, ValueError) as error:
        raise TensorsError(f"{path.name} is no checkpoint of a GFlowNet: {error}") from error


def to_npz(checkpoint: Path, path: Path) -> None:
    """Write a checkpoint as the .npz that Emily serves; the same bytes as the command writes.

    Raises TensorsError, OSError.
    """
    save_npz(load(checkpoint), path)


def arrays_of(prefix: str, parameters: Parameters) -> dict[str, Array]:
    """Parameters as arrays by name."""
    return {prefix + name: values for name, values in parameters._asdict().items()}


def parameters_of(prefix: str, arrays: dict[str, Array]) -> Parameters:
    """Parameters that `arrays_of` gave such names. Raises TensorsError otherwise."""
    found = {}
    for name in Parameters._fields:
        values = arrays.get(prefix + name)
        if values is None or values.dtype != np.float32:
            raise TensorsError(f"expected {prefix}{name} in float32")
        found[name] = values.astype(np.float32, copy=False)
    return Parameters(**found)
