"""An episode: what was lived through, when, how it felt, and where it lies among meanings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from emily.cognition.memory.errors import EpisodeError
from emily.contracts.ulid import PATTERN, new_ulid

DIM = 384
"""Values of an embedding. The tables are made for it: another number takes a migration."""

MAX_CONTENT = 65_536
"""Characters of a content."""

MAX_CONTEXT = 65_536
"""Characters of a context, written as JSON."""

MAX_DEPTH = 32
"""Objects and arrays within one another in a context."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ULID = re.compile(PATTERN)
_MICROSECOND = timedelta(microseconds=1)


class Affect(NamedTuple):
    """How it felt: valence, arousal and dominance (Mehrabian & Russell 1974), each from -1 to 1."""

    valence: float
    arousal: float
    dominance: float


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """One remembered episode; every one that exists is valid.

    `id` is a ULID or a UUID, `timestamp` has a time zone and is kept in UTC, `affect` has three values
    from -1 to 1, `embedding` is of shape (384,) and kept as float32, and `context` is a JSON object.
    Raises EpisodeError.
    """

    id: str
    timestamp: datetime
    content: str
    affect: Affect
    embedding: NDArray[np.float32]
    context: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (
            ("id", check_id(self.id)),
            ("timestamp", check_time("timestamp", self.timestamp)),
            ("content", check_content(self.content)),
            ("affect", check_affect(self.affect)),
            ("embedding", check_embedding(self.embedding)),
            ("context", _check_context(self.context)),
        ):
            object.__setattr__(self, name, value)

    @property
    def context_json(self) -> str:
        """The context as JSON with sorted keys: equal contexts have equal texts."""
        return _dump(self.context)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Episode):
            return NotImplemented
        return _scalars(self) == _scalars(other) and np.array_equal(self.embedding, other.embedding)

    def __hash__(self) -> int:
        return hash(self.id)


def _scalars(episode: Episode) -> tuple[object, ...]:
    return (
        episode.id,
        episode.timestamp,
        episode.content,
        episode.affect,
        episode.context_json,
    )


def ulid(now: datetime, generator: np.random.Generator) -> str:
    """A new id for an episode of this time; ids sort by their times. Raises EpisodeError."""
    time_us = microseconds(check_time("now", now))
    if time_us < 0:
        raise EpisodeError(f"now must be 1970 or later, but is {now.isoformat()}")
    return new_ulid(1000 * time_us, generator.bytes)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (time - EPOCH) // _MICROSECOND


def from_microseconds(time_us: int) -> datetime:
    """The time that `microseconds` counted."""
    return EPOCH + time_us * _MICROSECOND


def check_id(value: str) -> str:
    """A ULID in capitals or a UUID in small letters; raises EpisodeError for anything else."""
    if not isinstance(value, str):
        raise EpisodeError(f"id must be a string, not {type(value).__name__}")
    if _ULID.fullmatch(value.upper()) and value.isascii():
        return value.upper()
    try:
        uuid = str(UUID(value))
    except ValueError:
        uuid = ""
    if not uuid or uuid != value.lower():
        raise EpisodeError(f"id must be a ULID or a UUID, not {value[:64]!r}")
    return uuid


def check_time(name: str, value: datetime) -> datetime:
    """The time in UTC; raises EpisodeError when it has no time zone."""
    if not isinstance(value, datetime):
        raise EpisodeError(f"{name} must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise EpisodeError(f"{name} must have a time zone, but {value.isoformat()} has none")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise EpisodeError(f"{name} must lie in the years 1 to 9999 of UTC") from None


def check_content(value: str) -> str:
    """A text of 1 to 65,536 characters that are not all blank; raises EpisodeError."""
    text = _check_text("content", value)
    if not text.strip():
        raise EpisodeError("content must not be empty or blank")
    if len(text) > MAX_CONTENT:
        raise EpisodeError(f"content must have {MAX_CONTENT} characters at most, not {len(text)}")
    return text


def check_affect(value: Affect) -> Affect:
    """Three finite values from -1 to 1; raises EpisodeError."""
    try:
        affect = Affect(*(float(part) for part in value))
    except (TypeError, ValueError):
        raise EpisodeError("affect must be three numbers: valence, arousal, dominance") from None
    for name, part in affect._asdict().items():
        if not -1 <= part <= 1:  # NaN neither
            raise EpisodeError(f"affect.{name} must be -1 to 1, not {part}")
    return affect


def check_embedding(value: NDArray[np.floating]) -> NDArray[np.float32]:
    """A read-only float32 copy of shape (384,), finite and of a length from 1e-6 to 1e6; raises EpisodeError."""
    try:
        given = np.asarray(value)
    except ValueError:
        raise EpisodeError("embedding must be an array of numbers") from None
    if given.dtype.kind not in "iuf":
        raise EpisodeError(f"embedding must be numbers, not {given.dtype}")
    if given.shape != (DIM,):
        raise EpisodeError(f"embedding must have the shape ({DIM},), not {given.shape}")
    if not np.isfinite(given).all():
        raise EpisodeError("embedding must be finite, but holds NaN or infinity")
    length = float(np.linalg.norm(given.astype(np.float64)))
    if not 1e-6 <= length <= 1e6:
        raise EpisodeError(f"embedding must have a length of 1e-6 to 1e6, not {length:g}")
    embedding = given.astype(np.float32)
    embedding.flags.writeable = False
    return embedding


def _check_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise EpisodeError(f"{name} must be a string, not {type(value).__name__}")
    if "\0" in value:
        raise EpisodeError(f"{name} must not contain the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise EpisodeError(f"{name} must not contain lone surrogates") from None
    return value


def _check_context(value: Mapping[str, object]) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise EpisodeError(f"context must be a JSON object, not {type(value).__name__}")
    copy = {_check_text("a key of context", key): _json(part, 1) for key, part in value.items()}
    try:
        text = _dump(copy)
    except ValueError as error:  # a whole number of more digits than Python writes
        raise EpisodeError(f"context cannot be written as JSON: {error}") from None
    if len(text) > MAX_CONTEXT:
        raise EpisodeError(
            f"context must have {MAX_CONTEXT} characters of JSON at most, not {len(text)}"
        )
    return copy


def _json(value: object, depth: int) -> object:
    """A deep copy of what JSON can hold."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return _check_text("a text of context", value)
        case float():
            if not np.isfinite(value):
                raise EpisodeError(f"context must hold finite numbers, not {value}")
            return value
        case Mapping() | list() | tuple() if depth >= MAX_DEPTH:
            raise EpisodeError(f"context must be nested {MAX_DEPTH} deep at most")
        case Mapping():
            return {
                _check_text("a key of context", key): _json(part, depth + 1)
                for key, part in value.items()
            }
        case list() | tuple():
            return [_json(part, depth + 1) for part in value]
    raise EpisodeError(f"context must hold what JSON can, not {type(value).__name__}")


def _dump(context: Mapping[str, object]) -> str:
    return json.dumps(context, allow_nan=False, sort_keys=True, separators=(",", ":"))
