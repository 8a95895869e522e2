"""Rule sets for nftables: typed tokens; a plain string is a quoted comment."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from sovereign.text.characters import visible
from sovereign.text.environment import Language
from sovereign.text.errors import TextError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,14}")


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a table, chain or set, or a keyword: letters, digits, underscores."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > 31:
            raise TextError(
                f"{self.name!r} is no nftables name",
                hint="a letter, then letters, digits and underscores; 31 characters at most",
            )


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface, matched by its exact name (Linux allows 15 bytes)."""

    name: str

    def __post_init__(self) -> None:
        if not _INTERFACE.fullmatch(self.name):
            raise TextError(f"{self.name!r} is no interface name")


@dataclass(frozen=True, slots=True)
class Ports:
    """A range of ports, both ends in it."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 < self.first < self.last < 65536:
            raise TextError(f"{self.first}-{self.last} is no range of ports")


_ADDRESSES = (IPv4Address, IPv4Network, IPv6Address, IPv6Network)


def comment(text: str) -> str:
    """Quote text for `comment`; raises TextError for a `"`, hidden characters, > 127 bytes."""
    if '"' in text or len(text.encode("utf-8", "surrogatepass")) > 127:
        raise TextError(f"{text!r} is no nftables comment: no quote in it, 127 bytes at most")
    return f'"{visible(text, "nftables")}"'


def token(value: object) -> str:
    """Write one typed token; raises TextError for anything else."""
    if type(value) is int and value >= 0:
        return str(value)
    if type(value) is Name:
        return value.name
    if type(value) is Interface:
        return f'"{value.name}"'
    if type(value) is Ports:
        return f"{value.first}-{value.last}"
    # A scope (`fe80::1%eth0`) may hold any text, and nftables has no form for it.
    if type(value) in _ADDRESSES and "%" not in str(value):
        return str(value)
    raise TextError(f"{value!r} is no nftables token")


def _write(value: object) -> str:
    if type(value) is str:
        return comment(value)
    if type(value) is list or type(value) is tuple:
        if not value:
            raise TextError("nftables knows no empty set")
        return f"{{ {', '.join(map(token, value))} }}"
    return token(value)


NFT = Language(
    name="nftables",
    write=_write,
    complete=re.compile(r"""(?>[^"'#\\$]|"[^"\n]*"|\#[^\n]*\n)*"""),
)
