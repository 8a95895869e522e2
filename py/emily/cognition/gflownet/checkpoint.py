"""Policies in files: the parameters as arrays, and beside them what they were trained for and how well."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from emily.cognition.gflownet.errors import WeightsError
from emily.cognition.gflownet.exact import evaluate
from emily.cognition.gflownet.hypergrid import Hypergrid
from emily.cognition.gflownet.policy import Parameters, Policy
from emily.cognition.gflownet.training import Recipe

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
    part = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    try:
        with part.open("xb") as file:
            np.savez_compressed(
                file,
                record=np.array(trained.record.model_dump_json()),
                **trained.policy.parameters._asdict(),
            )
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path = SHIPPED) -> Trained:
    """Read weights; raises WeightsError, which names the file, unless they are whole and fit together."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            record = TrainingRecord.model_validate_json(str(file["record"]))
            parameters = Parameters(*(file[name] for name in Parameters._fields))
        grid = Hypergrid(record.side, record.dimensions, record.floor)
        for name, values in parameters._asdict().items():
            if values.dtype != np.float32:
                raise WeightsError(f"{name} is of {values.dtype}; float32 is needed")
            values.setflags(write=False)
        return Trained(Policy(grid, parameters), record)
    except Exception as error:  # damaged bytes make the readers of zip and npy raise a dozen kinds
        raise WeightsError(f"{path} holds no weights: {error}") from error
