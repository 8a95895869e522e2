"""Jobs: what a worker is asked to do, says while it does it, and hands back."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from scf.cid import Cid
from scf.contracts.base import Document, FileName, Name

Seconds = Annotated[float, Field(gt=0)]
Step = Annotated[int, Field(ge=0)]


class Budget(Document):
    """What a job may cost at most."""

    seconds: Seconds
    dollars: Annotated[float, Field(ge=0)] = 0.0


class Job(Document):
    """One training. Its CID is its id: the same job is the same work, whoever asks, and how often."""

    v: Literal[1] = 1
    model: Name
    recipe: Name
    generation: Annotated[int, Field(ge=1)]
    dataset: Cid
    parent: Cid | None = None
    """The checkpoint that it starts from, or that a student learns from."""
    config: dict[str, JsonValue] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    code: Annotated[str, Field(min_length=1, max_length=128)]
    """The revision of the code that trains."""
    budget: Budget


class Heartbeat(Document):
    """A sign of life, replaced as a whole: steps done of all, `at` seconds since 1970."""

    job: Cid
    attempt: Annotated[int, Field(ge=1)]
    step: Step
    of: Step
    at: float


class FileRef(Document):
    """A file of a result."""

    name: FileName
    cid: Cid
    bytes: Annotated[int, Field(ge=0, lt=1 << 53)]


class Result(Document):
    """What a job came to: the same job gives the same result on the same kind of processor."""

    v: Literal[1] = 1
    job: Cid
    metrics: dict[str, float]
    files: tuple[FileRef, ...]

    @model_validator(mode="after")
    def _has_checkpoint(self) -> "Result":
        names = [file.name for file in self.files]
        if CHECKPOINT not in names or len(set(names)) < len(names):
            raise ValueError(f"expected files of different names, {CHECKPOINT} among them")
        return self

    @property
    def checkpoint(self) -> FileRef:
        """The trained model."""
        return next(file for file in self.files if file.name == CHECKPOINT)


class Failure(Document):
    """Why an attempt came to nothing, as the worker says it."""

    job: Cid
    attempt: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(max_length=4096)]


class Usage(Document):
    """What an attempt took; measured, so different each time, and no part of the result."""

    job: Cid
    attempt: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(ge=0)]
    joules: Annotated[float, Field(ge=0)]
    source: Literal["rapl", "nvml", "estimate"]


CHECKPOINT = "checkpoint.safetensors"
"""The file of a result that holds the model."""
