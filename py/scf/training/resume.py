"""What a training saves to go on from: `resume.safetensors` in its run's folder, whole or absent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from scf.training.tensors import Array, TensorsError, read, write

NAME = "resume.safetensors"


@dataclass(frozen=True, slots=True)
class Kept:
    """A training as it was after `step` steps."""

    step: int
    arrays: Mapping[str, Array]
    state: Mapping[str, JsonValue]
    """What is no array: generators of random numbers."""


def keep(out: Path, job: str, kept: Kept) -> None:
    """Save a training of the job with this id, in place of what was saved before. Raises OSError."""
    about: dict[str, JsonValue] = {"job": job, "state": dict(kept.state), "step": kept.step}
    write(out / NAME, kept.arrays, about)


def kept(out: Path, job: str) -> Kept | None:
    """What was saved of this job, None when there is nothing, or nothing whole: it starts anew then.

    Either way the training comes to the same.
    """
    try:
        arrays, about = read(out / NAME)
    except TensorsError:
        return None
    match about:
        case {"job": str(of), "step": int(step), "state": dict(state)} if of == job:
            return Kept(step, arrays, state)
    return None
