"""The English description of an option type, read back into the type.

NixOS publishes the type of an option only as the sentence that nixpkgs' `lib/types.nix` makes of
it; its `descriptionClass` decides where parentheses stand. "or" binds loosest, and what follows
"of" holds no bare "or".
"""

import json
import re
from collections.abc import Callable
from functools import cache

from sovereign.nix.options.named_types import NAMED
from sovereign.nix.options.types import (
    Atom,
    AttrsOf,
    Enum,
    Int,
    Kind,
    ListOf,
    Number,
    Separated,
    StrMatching,
    Submodule,
    Type,
    Unknown,
    either,
)

_END = r"(?=$|\)| or |, or | convertible to it)"
_NAMED = re.compile(
    "(?:" + "|".join(map(re.escape, sorted(NAMED, key=len, reverse=True))) + ")" + _END
)
_BETWEEN = re.compile(
    r"(?:\d+ bit (?:un)?signed integer; |integer )between (-?\d+) and (-?\d+) \(both inclusive\)"
)
_NUMBER_BETWEEN = re.compile(
    r"integer or floating point number between (-?[\d.e+]+) and (-?[\d.e+]+) \(both inclusive\)"
)
_SEPARATED = re.compile(r"strings concatenated with (?:“([^”]*)”|(\"(?:[^\"\\]|\\.)*\"))")
_VALUE = re.compile(r"“(.*?)”(?=, | or | \(|\)|$)|\"(.*?)\"(?=, | or | \(|\)|$)|<null>|-?\w+")
_PATTERN = "string matching the pattern "
_TAGGED = re.compile(r"attribute-tagged union(?: with choices: [^)]*)?")


class _NotUnderstoodError(Exception):
    """The description leaves the grammar."""


def _non_empty(inner: Type) -> Type:
    if not isinstance(inner, ListOf):
        raise _NotUnderstoodError
    return ListOf(inner.of, non_empty=True)


_HOLDERS: dict[str, Callable[[Type], Type]] = {
    "list of ": ListOf,
    "non-empty ": _non_empty,
    "attribute set of ": AttrsOf,
    "lazy attribute set of ": lambda of: AttrsOf(of, lazy=True),
    "open submodule of ": lambda of: Submodule(freeform=of),
    "function that evaluates to a(n) ": lambda _: Atom(Kind.FUNCTION),
}


@cache
def parse_type(description: str) -> Type:
    """The type that a description names; Unknown where it is in no known form."""
    reader = _Reader(description.strip())
    try:
        parsed = reader.alternatives()
        if reader.rest():
            return Unknown(description)
    except _NotUnderstoodError:
        return Unknown(description)
    return parsed


class _Reader:
    """A recursive-descent reader of one description."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def rest(self) -> str:
        return self.text[self.at :]

    def takes(self, word: str) -> bool:
        """Go past a word if it comes next."""
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def matches(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past a match if one begins here."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def alternatives(self) -> Type:
        """Read `A or B or C`, any of which may be `convertible to it`."""
        parts = [self.term()]
        while self.takes(", or ") or self.takes(" or "):
            parts.append(self.term())
        self.takes(" convertible to it")
        return either(*parts)

    def term(self) -> Type:
        """Read what stands between two `or`."""
        for read in (
            self.range,
            self.named,
            self.collection,
            self.enum,
            self.strings,
            self.parenthesis,
        ):
            found = read()
            if found is not None:
                return found
        if self.takes("null"):
            return Enum((None,))
        if self.matches(_TAGGED):
            return Submodule()
        raise _NotUnderstoodError

    def named(self) -> Type | None:
        found = self.matches(_NAMED)
        return NAMED[found[0]] if found else None

    def collection(self) -> Type | None:
        """Read a type that holds others, with the one it holds."""
        for prefix, make in _HOLDERS.items():
            if self.takes(prefix):
                return make(self.term())
        return None

    def range(self) -> Type | None:
        if found := self.matches(_BETWEEN):
            return Int(int(found[1]), int(found[2]))
        if found := self.matches(_NUMBER_BETWEEN):
            return Number(float(found[1]), float(found[2]))
        return None

    def enum(self) -> Type | None:
        if self.takes("value "):
            value = self.value()
            if not self.takes(" (singular enum)"):
                raise _NotUnderstoodError
            return Enum((value,))
        if not self.takes("one of "):
            return None
        values = [self.value()]
        while self.takes(", "):
            values.append(self.value())
        return Enum(tuple(values))

    def value(self) -> str | int | bool | None:
        """Read one value of an enum."""
        found = self.matches(_VALUE)
        if not found:
            raise _NotUnderstoodError
        if (text := found[1] if found[1] is not None else found[2]) is not None:
            return text
        words: dict[str, bool | None] = {"true": True, "false": False, "<null>": None}
        if found[0] in words:
            return words[found[0]]
        if re.fullmatch(r"-?\d+", found[0]):
            return int(found[0])
        raise _NotUnderstoodError

    def strings(self) -> Type | None:
        if found := self.matches(_SEPARATED):
            quoted = f'"{found[1]}"' if found[1] is not None else found[2]
            return Separated(str(json.loads(quoted)))
        if self.takes(_PATTERN):
            return StrMatching(self.pattern())
        return None

    def pattern(self) -> str:
        """Read a regular expression: to the end, a bare `or`, or a parenthesis it did not open."""
        start, depth, in_set = self.at, 0, False
        while self.at < len(self.text):
            char = self.text[self.at]
            if in_set:
                in_set = char != "]" or self.text[self.at - 1] == ":"
            elif char == "[":
                in_set = True
                # a bracket directly after the opening one is an element of the set
                self.at += self.text.startswith("]", self.at + 1)
            elif char == "\\":
                self.at += 1
            elif depth == 0 and (char == ")" or self.rest().startswith((" or ", " convertible"))):
                break
            else:
                depth += (char == "(") - (char == ")")
            self.at += 1
        return self.text[start : self.at]

    def parenthesis(self) -> Type | None:
        if not self.takes("("):
            return None
        inner = self.alternatives()
        if not self.takes(")"):
            raise _NotUnderstoodError
        return inner
