"""Policies in files: the parameters as arrays, and beside them what they were trained for and how well."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from emily.cognition.gflownet.errors import WeightsError
from emily.cognition.gflownet.exact import evaluate
from emily.cognition.gflownet.hypergrid import Floats, Hypergrid
from emily.cognition.gflownet.policy import Parameters, Policy
from emily.cognition.gflownet.recipe import Recipe
from emily.files import read_arrays, replacing

SHIPPED = Path(__file__).parent / "weights" / "hypergrid-8x4.npz"


class TrainingRecord(BaseModel):
    """What a file says of its policy: the format, the grid, the recipe, and the exact evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    side: int
    dimensions: int
    floor: float
    """R0, the reward of a state outside the rings."""
    recipe: Recipe
    l1: float
    modes: int
    log_z: float
    """As it was learned; the grid knows the true one."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A policy and its record."""

    policy: Policy
    record: TrainingRecord

    @property
    def version(self) -> str:
        """The name of exactly these weights: the grid, and a digest of record and parameters."""
        digest = sha256(self.record.model_dump_json().encode())
        for values in self.policy.parameters:
            digest.update(values.astype("<f4").tobytes())
        return f"hypergrid-{self.record.side}x{self.record.dimensions}-{digest.hexdigest()[:12]}"


def assess(policy: Policy, recipe: Recipe) -> Trained:
    """Evaluate a policy exactly, and keep the result beside it."""
    grid, found = policy.grid, evaluate(policy)
    record = TrainingRecord(
        side=grid.side,
        dimensions=grid.dimensions,
        floor=grid.floor,
        recipe=recipe,
        l1=found.l1,
        modes=found.modes,
        log_z=float(policy.parameters.log_z[0]),
    )
    return Trained(policy, record)


def save(trained: Trained, path: Path) -> None:
    """Write weights as .npz, in place of a file of this name once all is written.

    Raises OSError.
    """
    record = np.array(trained.record.model_dump_json())
    with replacing(path) as file:
        np.savez_compressed(file, record=record, **trained.policy.parameters._asdict())


def load(path: Path = SHIPPED) -> Trained:
    """Read weights; raises WeightsError, which names the file, unless they are whole and fit together."""
    try:
        arrays = read_arrays(path, "record", *Parameters._fields)
        record = TrainingRecord.model_validate_json(str(arrays["record"]))
        grid = Hypergrid(record.side, record.dimensions, record.floor)
        parameters = Parameters(*(_float32(name, arrays[name]) for name in Parameters._fields))
        return Trained(Policy(grid, parameters), record)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # ours and pydantic's
        raise WeightsError(f"{path} holds no weights: {error}") from error


def _float32(name: str, values: NDArray[np.generic]) -> Floats:
    if values.dtype != np.float32:
        raise WeightsError(f"{name} is of {values.dtype}; float32 is needed")
    single = values.astype(np.float32, copy=False)
    single.setflags(write=False)
    return single
