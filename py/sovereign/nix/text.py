"""The one way from a value to Nix text, laid out as the official nixfmt prints it (RFC 166).

Every string is a double-quoted string on one line. Four things depend on what surrounds the text;
they are written as marks, which begin with a NUL because no value may hold one, and `settle` turns
them into text when the whole is known: a line break (the indentation), a parenthesis that only some
places need, a bracket whose content stays on the line if it fits (around a list of one element, and
a call that is another's last argument), and the end of a quoted attribute name, after which a value
that does not fit goes to a line of its own.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from math import copysign, isfinite
from sys import float_info
from types import MappingProxyType
from typing import Final

from sovereign.nix.value import (
    IDENTIFIER,
    KEYWORDS,
    Call,
    Interpolated,
    LocalPath,
    NixTextError,
    NixValue,
    ReadFile,
    Reference,
)

LINE_WIDTH: Final = 100
"""The columns that nixfmt fills on a line, its indentation not counted."""

_INT_MAX: Final = 2**63 - 1
_PLAIN = re.compile(r"[ !#%-\[\]-~]*")
_UNFIT = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile(r'["\\\n\r\t]|\$\{')
_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "${": "\\${",
}

_BREAK = "\0n"
_OPEN, _CLOSE = "\0(", "\0)"
_QUOTED = "\0q"
_FITTING: Final = {"\0[": "[ ", "\0]": " ]", "\0{": "(", "\0}": ")", _QUOTED: ""}
_BROKEN: Final = {"\0[": "[", "\0]": "]", "\0{": "(", "\0}": ")"}
_BRACKET = re.compile(r"\0[\[\]{}]")
_MARK = re.compile(r"\0[\[\]{}q]")
_LONG_BINDING = re.compile(r"(?P<path>.*\0q[\w'.-]*) = (?P<value>[^\0]*;)")
_SPARE_PARENTHESES = re.compile(r"(?<== )\0\(((?:[^\0]|\0[nq\[\]{}])*)\0\)(?=;)")


def to_nix(value: NixValue, *, indent: int = 0) -> str:
    """Write a value as a Nix expression; Nix reads back the same value.

    `indent` is the number of spaces before the line on which the text will begin. Characters
    outside ASCII and control characters stand in strings as they are: Nix has no escape for them.
    Raises NixTextError for a NUL, a lone surrogate, NaN, an infinity, a subnormal float (Nix's
    strtod refuses it), an integer outside 64 bits, and a type that is no NixValue.
    """
    text = _write(value)
    if "\0" not in text:
        return text
    return settle(" " * indent + text)[indent:]


def attribute_name(name: str) -> str:
    """Write an attribute name, quoted if it is no identifier or is a keyword."""
    if type(name) is not str:
        raise NixTextError(f"an attribute name is a string, not {_shown(name)}")
    return _attribute_name(name).removesuffix(_QUOTED)


def name_fragment(name: str) -> str:
    """Write an attribute name for a place in a larger text that is passed to `settle`."""
    return _attribute_name(name)


def fragment(value: NixValue) -> str:
    """Write a value for a place in a larger text that is passed to `settle` as a whole."""
    text = _write(value)
    return f"{_OPEN}{text}{_CLOSE}" if _is_compound(value) else text


def settle(text: str) -> str:
    """Turn the marks of fragments into text.

    A value of more than one line takes the indentation of the line on which it begins; parentheses
    are left out where the value is all that stands between `=` and `;`.
    """
    if "\0" not in text:
        return text
    text = _SPARE_PARENTHESES.sub(r"\1", text)
    text = text.replace(_OPEN, "(").replace(_CLOSE, ")")
    return "\n".join(_settle_line(line) if "\0" in line else line for line in text.split("\n"))


def _settle_line(line: str) -> str:
    margin = _margin(line)
    lines = line.split(_BREAK)
    lines[1:] = [margin + more for more in lines[1:]]
    return "\n".join(
        _settle_names(_settle_brackets(settled)) if "\0" in settled else settled
        for settled in lines
    )


def _margin(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" ")))


def _settle_names(text: str) -> str:
    """Break after the `=` of the first line if it has a quoted name and is too long."""
    if _QUOTED not in text:
        return text
    line, newline, more = text.partition("\n")
    settled, margin = line.replace(_QUOTED, ""), _margin(line)
    if len(settled) > len(margin) + LINE_WIDTH and (found := _LONG_BINDING.fullmatch(line)):
        settled = f"{found['path']} =\n{margin}  {found['value']}".replace(_QUOTED, "")
    return settled + newline + more


def _settle_brackets(line: str) -> str:
    """Break the outermost bracket of a line that is too long, then look at its parts again."""
    opening = _BRACKET.search(line)
    if opening is None:
        return line
    margin = _margin(line)
    if len(fitting := _MARK.sub(lambda mark: _FITTING[mark[0]], line)) <= len(margin) + LINE_WIDTH:
        return fitting
    closing = _closing(line, opening)
    inner = _settle_brackets(f"{margin}  {line[opening.end() : closing.start()]}")
    last = _settle_brackets(f"{margin}{_BROKEN[closing[0]]}{line[closing.end() :]}")
    return f"{line[: opening.start()]}{_BROKEN[opening[0]]}\n{inner}\n{last}"


def _closing(line: str, opening: re.Match[str]) -> re.Match[str]:
    depth = 0
    for bracket in _BRACKET.finditer(line, opening.start()):
        depth += 1 if bracket[0] in "\0[\0{" else -1
        if depth == 0:
            return bracket
    raise AssertionError("every bracket that is opened is closed")


def _write(value: object) -> str:
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise NixTextError(
            f"{_shown(value)} has no Nix form",
            hint="convert it to plain data (str, int, list, dict) where the view is made",
        )
    try:
        return writer(value)
    except RecursionError:
        raise NixTextError("the value is nested too deeply, or contains itself") from None


def _shown(value: object) -> str:
    if type(value) is str:
        return f"{value!a}" if len(value) <= 60 else f"{value[:57]!a}…"
    if type(value) is int and value.bit_length() > 64:
        return f"an integer of {value.bit_length()} bits"
    return str(value) if type(value) is int else f"a {type(value).__name__}"


def _is_compound(value: object) -> bool:
    """Tell whether the text, as an argument or in a list, would be read as more than one word."""
    if type(value) is int:
        return -_INT_MAX <= value < 0
    if type(value) is float:
        return value < 0
    return type(value) is Call or type(value) is ReadFile


def _write_word(value: object) -> str:
    text = _write(value)
    return f"({text})" if _is_compound(value) else text


def _string(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f'"{value}"'
    return f'"{_string_body(value)}"'


def _string_body(value: str) -> str:
    if unfit := _UNFIT.search(value):
        what = "a NUL" if unfit[0] == "\0" else "a lone surrogate"
        raise NixTextError(f"{_shown(value)} holds {what}, which Nix cannot")
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], value)


def _integer(value: int) -> str:
    if -_INT_MAX <= value <= _INT_MAX:
        return str(value)
    if value == -_INT_MAX - 1:
        return f"(-{_INT_MAX} - 1)"
    raise NixTextError(f"{_shown(value)} does not fit the 64 bits of a Nix integer")


def _float(value: float) -> str:
    if not isfinite(value):
        raise NixTextError(f"{value} has no Nix form")
    if value == 0:
        # Nix reads -0.0 as 0 - 0.0, which is +0.0.
        return "0.0" if copysign(1, value) > 0 else "(-1 * 0.0)"
    if abs(value) < float_info.min:
        raise NixTextError(f"{value} is a subnormal float, which Nix refuses to read")
    mantissa, e, exponent = repr(value).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + e + exponent


def _list(values: list[object] | tuple[object, ...]) -> str:
    if not values:
        return "[ ]"
    words = [_write_word(value) for value in values]
    if len(words) == 1 and _BREAK not in words[0]:
        return f"\0[{words[0]}\0]"
    return _block("[", words, "]")


def _attributes(values: "dict[object, object] | MappingProxyType[object, object]") -> str:
    if not values:
        return "{ }"
    bindings = []
    for name, value in values.items():
        if type(name) is not str:
            raise NixTextError(f"an attribute name is a string, not {_shown(name)}")
        bindings.append(f"{_attribute_name(name)} = {_write(value)};")
    return _block("{", bindings, "}")


def _block(opening: str, lines: list[str], closing: str) -> str:
    body = _BREAK.join(lines).replace(_BREAK, _BREAK + "  ")
    return f"{opening}{_BREAK}  {body}{_BREAK}{closing}"


@lru_cache(maxsize=4096)
def _attribute_name(name: str) -> str:
    if IDENTIFIER.fullmatch(name) and name not in KEYWORDS:
        return name
    return _string(name) + _QUOTED


def _call(value: Call) -> str:
    *first, last = map(_write_word, value.arguments)
    if type(value.arguments[-1]) is Call:
        call = last[1:-1]
        last = _block("(", [call], ")") if _BREAK in call else f"\0{{{call}\0}}"
    return " ".join([value.function.path, *first, last])


def _interpolated(value: Interpolated) -> str:
    return '"' + "".join(map(_part, value.parts)) + '"'


def _part(part: object) -> str:
    if type(part) is str:
        body = _string_body(part)
        # A dollar at the end would join the brace or the `${` that follows.
        return body[:-1] + "\\$" if part.endswith("$") else body
    if type(part) is Reference or type(part) is Call:
        return f"${{{_write(part)}}}"
    raise NixTextError(f"{_shown(part)} cannot be a part of a string")


_WRITERS: Final[dict[type, Callable[..., str]]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: _integer,
    float: _float,
    str: _string,
    list: _list,
    tuple: _list,
    dict: _attributes,
    MappingProxyType: _attributes,
    Reference: lambda value: value.path,
    LocalPath: lambda value: value.path,
    ReadFile: lambda value: f"builtins.readFile {value.path}",
    Call: _call,
    Interpolated: _interpolated,
}
