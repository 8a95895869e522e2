"""Verifiers: what says of a candidate whether it is what its source claims."""

import math
import re
from collections.abc import Mapping
from typing import Literal, Protocol, Self, get_args

from pydantic import JsonValue

from scf.contracts.fossil import Verdict
from scf.errors import ScfError
from scf.vault.candidate import Candidate


class ShapeError(ScfError):
    """A shape that is not written as it must be."""

    code = "SCF014"


class Verifier(Protocol):
    """Says the same of the same candidate each time."""

    def verify(self, candidate: Candidate) -> Verdict:
        """The verdict; its text is short, and the same for many where possible."""


class AnyBytes:
    """Whatever bytes there are; the fossil's CID is then all that is proved."""

    _PASSED = Verdict(verifier="any-bytes", passed=True)

    def verify(self, candidate: Candidate) -> Verdict:  # noqa: ARG002 - all pass
        """Always passed."""
        return self._PASSED


Kind = Literal["number", "integer", "string", "boolean", "object", "any"]
_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_FIELD = re.compile(
    r"\s*(?P<path>[^\s:,]+)\s*:\s*(?P<kind>[a-z]+)"
    r"(?P<array>\[(?P<length>\d{0,9})\])?\s*"
)


class JsonShape:
    """JSON objects whose fields are of these kinds: `point: number[2], name: string`.

    A field is named by its path, with dots. `[2]` is an array of two, `[]` one of any length; `number`
    is any finite one.
    """

    def __init__(self, fields: Mapping[str, tuple[Kind, int | None, bool]]) -> None:
        self._fields = dict(fields)
        words = (f"{path}: {_written(*shape)}" for path, shape in self._fields.items())
        self._name = f"json-shape {', '.join(words)}"[:256]
        self._passed = Verdict(verifier=self._name, passed=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a shape as it is written above. Raises ShapeError."""
        fields: dict[str, tuple[Kind, int | None, bool]] = {}
        for part in text.split(","):
            match = _FIELD.fullmatch(part)
            if match is None or match["kind"] not in _KINDS:
                raise ShapeError(
                    f"{part.strip()!r} is no shape of a field",
                    hint="a path, a colon, a kind: point: number[2], name: string",
                )
            length = int(match["length"]) if match["length"] else None
            fields[match["path"]] = (_KINDS[match["kind"]], length, match["array"] is not None)
        return cls(fields)

    def verify(self, candidate: Candidate) -> Verdict:
        """Passed when every field is there and of its kind."""
        if candidate.encoding != "json":
            return self._failed("it is not JSON")
        for path, (kind, length, array) in self._fields.items():
            value = candidate.content
            for step in path.split("."):
                if not isinstance(value, dict) or step not in value:
                    return self._failed(f"{path} is missing")
                value = value[step]
            if not (_is_array(value, kind, length) if array else _is(value, kind)):
                return self._failed(f"{path} is not {_written(kind, length, array)}")
        return self._passed

    def _failed(self, detail: str) -> Verdict:
        return Verdict(verifier=self._name, passed=False, detail=detail[:1024])


def _written(kind: Kind, length: int | None, array: bool) -> str:
    return f"{kind}[{'' if length is None else length}]" if array else kind


def _is_array(value: JsonValue, kind: Kind, length: int | None) -> bool:
    return (
        isinstance(value, list)
        and length in (None, len(value))
        and all(_is(each, kind) for each in value)
    )


def _is(value: JsonValue, kind: Kind) -> bool:
    match kind:
        case "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(float(value))  # type: ignore[arg-type] # a number
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "any":
            return True
