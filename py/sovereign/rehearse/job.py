"""What the isolated part of a rehearsal is told, and what it tells."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Variant(BaseModel):
    """The host as it is to be tried: the option values of each concern, and what must be true.

    Of the first variant everything is furnished; of a later one, these concerns, which afterwards
    are furnished as in the first again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    values: dict[str, dict[str, object]]
    concerns: tuple[str, ...]
    expectations: Path
    results: Path


class FarKey(BaseModel):
    """The private half of a far end's key, and what it shares with the host."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    private_key: str = Field(repr=False)
    preshared_key: str = Field(default="", repr=False)


class Job(BaseModel):
    """All that is needed, in a file that only root can read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roots: tuple[Path, ...]
    """Layers of the machines' root, the lowest last; shared and never written to."""
    only: tuple[str, ...] = ()
    """The concerns that are checked; none: all."""
    inventory: Path
    """The root of the copied project."""
    host: str
    folder: Path
    """Logs and results go here."""
    secrets: dict[str, str] = Field(repr=False)
    far_keys: dict[str, FarKey] = Field(repr=False)
    credentials: Path
    variants: tuple[Variant, ...]


class Event(BaseModel):
    """A stage that began or, with `seconds`, ended; with `problem`, badly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    seconds: float | None = None
    problem: str = ""
