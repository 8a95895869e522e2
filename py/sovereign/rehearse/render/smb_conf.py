"""smb.conf from `services.samba.settings`.

Follows nixpkgs' nixos/modules/services/network-filesystems/samba.nix as of nixos-26.05, and
`formats.ini` and `generators.toINI` that it calls; compared with the real text where
SOVEREIGN_NIXPKGS is set.
"""

from collections.abc import Mapping
from typing import TypeAlias

STAND_IN = "smb.conf rendered from options"

Atom: TypeAlias = bool | int | float | str | None
Value: TypeAlias = Atom | tuple[Atom, ...]
Section: TypeAlias = Mapping[str, Value]


def smb_conf(settings: Mapping[str, Section]) -> str:
    """Return the file: the global section first, then the others by name; lists joined by spaces."""
    shares = {name: section for name, section in settings.items() if name != "global"}
    return _sections({"global": settings["global"]}) + _sections(shares)


def _sections(sections: Mapping[str, Section]) -> str:
    return "\n".join(
        f"[{_escaped(name, '[]')}]\n" + "".join(_lines(sections[name])) for name in sorted(sections)
    )


def _lines(section: Section) -> list[str]:
    return [f"{_escaped(key, '=')}={_text(section[key])}\n" for key in sorted(section)]


def _text(value: Value) -> str:
    return " ".join(map(_atom, value)) if isinstance(value, tuple) else _atom(value)


def _atom(value: Atom) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _escaped(text: str, characters: str) -> str:
    return "".join(f"\\{one}" if one in characters else one for one in text)
