"""A topic: the key of one kind of message, its body and how the network treats it."""

import re
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, Literal, TypeVar

from pydantic import ValidationError

from emily.contracts.base import Contract
from emily.contracts.envelope import Envelope
from emily.contracts.messages import Refused
from emily.contracts.ulid import new_ulid

BodyT = TypeVar("BodyT", bound=Contract)
AnswerT = TypeVar("AnswerT", bound=Contract)

ROOT = "emily/v4"
_CHUNK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the network treats a message: `drop` when a queue is full, or let the sender wait."""

    real_time: bool = False
    when_full: Literal["drop", "block"] = "block"


@cache
def _envelope(body: type[BodyT]) -> type[Envelope[BodyT]]:
    return Envelope[body]  # type: ignore[valid-type]  # pydantic makes a class for each body


def seal(
    body: BodyT,
    *,
    src: str,
    after: Envelope[Contract] | None = None,
    ttl_ms: int | None = None,
) -> Envelope[BodyT]:
    """Put a body into a new envelope; `after` is the message that caused it."""
    ts_ns, mono_ns = time.time_ns(), time.monotonic_ns()
    ident = new_ulid(ts_ns)
    return _envelope(type(body))(
        id=ident,
        ts_ns=ts_ns,
        mono_ns=mono_ns,
        src=src,
        cause=after.id if after else None,
        ttl_ms=ttl_ms,
        trace=after.trace if after else ident,
        body=body,
    )


def read(body: type[BodyT], payload: bytes) -> Envelope[BodyT]:
    """Return the envelope that the bytes hold. pydantic.ValidationError: they hold none."""
    return _envelope(body).model_validate_json(payload)


@dataclass(frozen=True, slots=True)
class Topic(Generic[BodyT]):
    """One kind of message; `path` stands below emily/v4/<node>/ and may hold {parts}."""

    path: str
    body: type[BodyT]
    delivery: Delivery = field(default_factory=Delivery)
    ttl_ms: int | None = None

    def key(self, node: str, **parts: str) -> str:
        """Return the key of a message. ValueError: a part is missing, unknown or not one chunk."""
        wanted = set(_PART.findall(self.path))
        if wanted != set(parts):
            msg = f"{self.path} takes the parts {sorted(wanted)}, not {sorted(parts)}"
            raise ValueError(msg)
        for name, value in {"node": node, **parts}.items():
            if not _CHUNK.fullmatch(value):
                msg = (
                    f"{name} must be one chunk of letters, digits, '_', '.' and '-', not {value!r}"
                )
                raise ValueError(msg)
        return f"{ROOT}/{node}/{self.path.format(**parts)}"

    def every(self, node: str) -> str:
        """Return the key expression that matches every message of this topic at a node."""
        return f"{ROOT}/{node}/{_PART.sub('*', self.path)}"


@dataclass(frozen=True, slots=True)
class Exchange(Generic[BodyT, AnswerT]):
    """A kind of question, and of the answer to it, which may be Refused instead."""

    path: str
    question: type[BodyT]
    answer: type[AnswerT]

    def key(self, node: str) -> str:
        """Return the key that is asked."""
        return f"{ROOT}/{node}/{self.path}"

    def read_answer(self, payload: bytes) -> AnswerT | Refused:
        """Return what was answered. pydantic.ValidationError: neither an answer nor a refusal."""
        try:
            return read(self.answer, payload).body
        except ValidationError as unreadable:
            try:
                return read(Refused, payload).body
            except ValidationError:
                raise unreadable from None
