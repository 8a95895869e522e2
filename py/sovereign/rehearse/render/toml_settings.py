"""A TOML file from option values.

Stands in for `pkgs.formats.toml` (nixpkgs' pkgs/pkgs-lib/formats.nix as of nixos-26.05), whose
converter writes the same values in its own layout.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render(settings: Mapping[str, object]) -> str:
    """Return the text: of each table, its own values first. Raises TypeError for a null."""
    return "".join(_table((), settings))


def _table(path: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    if path and (values or not inner):
        yield f"\n[{'.'.join(map(_key, path))}]\n"
    for key, value in sorted(values.items()):
        yield f"{_key(key)} = {_value(value)}\n"
    for key, value in sorted(inner.items()):
        yield from _table((*path, key), value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else str(value)
        case str():
            return _string(value)
        case Mapping():
            return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
        case Sequence():
            return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"{value!r} is not a value of TOML")


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
