"""What every part of the inventory is made of: the frozen model and the strings that it takes."""

import base64
import binascii
import re
import unicodedata
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network, ip_network
from typing import Annotated, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, PydanticKnownError

from sovereign.inventory.reserved import not_a_keyword


class Model(BaseModel):
    """A part of the inventory: frozen, strict, and closed to keys that it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        ser_json_inf_nan="constants",
    )


def _inert(text: str) -> str:
    """Refuse what has no business in a line of text and could mislead a reader or a parser."""
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            raise PydanticCustomError(
                "control_character",
                "the character U+{point} has no place in a line of text",
                {"point": f"{ord(character):04X}"},
            )
    return text


_PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-1|AGE-PLUGIN-|\$(?:[126y]|2[aby]|5|7|gy|y)\$"
)


def _no_secret(text: str) -> str:
    if _PRIVATE.search(text):
        raise PydanticCustomError("secret_value", "this is a secret; the inventory holds none")
    return text


def spelled(pattern: str, example: str, most: int) -> tuple[StringConstraints, FieldInfo]:
    """Constrain a string to a pattern; a message shows the example, an editor both."""
    return (
        StringConstraints(strict=True, pattern=f"^(?:{pattern})$", max_length=most),
        Field(examples=[example]),
    )


Text: TypeAlias = Annotated[
    str,
    StringConstraints(strict=True, max_length=400),
    AfterValidator(_inert),
    AfterValidator(_no_secret),
]
"""One line for a person: no control, bidirectional or unassigned characters."""

_NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
Name: TypeAlias = Annotated[
    str,
    *spelled(_NAME, "nvme-a", 27),
]
"""A name of ours. Disks and partitions together make labels, of which GPT takes 36 characters."""

HostName: TypeAlias = Annotated[str, *spelled(_NAME, "cloudlab", 63)]

LinkName: TypeAlias = Annotated[
    str,
    *spelled(_NAME, "uplink", 12),
    AfterValidator(not_a_keyword),
]
"""A name that becomes a network interface's: Linux takes 15 characters, and `wg-` goes in front."""

Account: TypeAlias = Annotated[str, *spelled(r"[a-z_][a-z0-9_-]*", "emily", 31)]

DomainName: TypeAlias = Annotated[
    str,
    *spelled(rf"{_NAME}(?:\.{_NAME})*", "cloudlab.internal", 253),
]

Endpoint: TypeAlias = Annotated[
    str,
    *spelled(
        r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:(?:[1-9][0-9]{0,4})", "minnesota-server:51820", 260
    ),
]


def _no_dots(path: str) -> str:
    if any(part in {".", ".."} for part in path.split("/")):
        raise PydanticCustomError("spelling", "a path is written without . and ..")
    return path


AbsolutePath: TypeAlias = Annotated[
    str,
    *spelled(r"/(?:[A-Za-z0-9_+@:.,-]+(?:/[A-Za-z0-9_+@:.,-]+)*)?", "/persist/secrets/key", 1024),
    AfterValidator(_no_dots),
]

MacAddress: TypeAlias = Annotated[
    str,
    *spelled(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", "3c:fd:fe:00:00:01", 17),
]

HostId: TypeAlias = Annotated[str, *spelled(r"[0-9a-f]{8}", "c10d1ab0", 8)]

FileMode: TypeAlias = Annotated[str, *spelled(r"0[0-7]{3}", "0400", 4)]

EmailAddress: TypeAlias = Annotated[
    str,
    *spelled(r"[A-Za-z0-9._+-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", "ops@cloudlab.internal", 254),
]

Calendar: TypeAlias = Annotated[
    str,
    *spelled(r"[A-Za-z0-9*.,:/~-]+(?: [A-Za-z0-9*.,:/~-]+){0,2}", "Sun *-*-* 02:00:00", 64),
]

Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]


def _key32(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32 or base64.b64encode(raw).decode() != text:
        raise PydanticCustomError(
            "spelling", "a WireGuard public key is 32 bytes in base64, 44 characters that end in ="
        )
    return text


WireguardKey: TypeAlias = Annotated[
    str, StringConstraints(strict=True, max_length=100), AfterValidator(_key32)
]

_SSH_KEY = re.compile(
    r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com"
    r"|sk-ecdsa-sha2-nistp256@openssh\.com) ([A-Za-z0-9+/]+={0,2})(?: [A-Za-z0-9._@+-]+)?",
    re.ASCII,
)


def _ssh_key(text: str) -> str:
    match = _SSH_KEY.fullmatch(text)
    try:
        blob = base64.b64decode(match[2], validate=True) if match else b""
    except (binascii.Error, ValueError):
        blob = b""
    kind = match[1].encode() if match else b""
    if not kind or blob[:4] != len(kind).to_bytes(4, "big") or blob[4 : 4 + len(kind)] != kind:
        raise PydanticCustomError(
            "spelling",
            'an SSH public key is written as one line of a .pub file, like "ssh-ed25519 AAAA… name"',
        )
    return text


SshKey: TypeAlias = Annotated[
    str,
    StringConstraints(strict=True, max_length=2000),
    AfterValidator(_no_secret),
    AfterValidator(_ssh_key),
]


def _text(value: object) -> str:
    """Refuse numbers, which `ipaddress` would take for addresses."""
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    return value


def _interface(value: object) -> str:
    value = _text(value)
    if "/" not in value:
        raise PydanticCustomError(
            "spelling",
            "an address of an interface has its prefix length: {value}/24",
            {"value": value[:40]},
        )
    return value


Interface: TypeAlias = Annotated[IPv4Interface, BeforeValidator(_interface), Field(strict=False)]
Network: TypeAlias = Annotated[IPv4Network, BeforeValidator(_text), Field(strict=False)]
Address: TypeAlias = Annotated[IPv4Address, BeforeValidator(_text), Field(strict=False)]


def _any_network(value: object) -> object:
    try:
        return ip_network(_text(value))
    except ValueError as error:
        raise PydanticCustomError(
            "spelling", 'a network is written like "10.0.0.0/24" or "::1/128"'
        ) from error


AnyNetwork: TypeAlias = Annotated[IPv4Network | IPv6Network, BeforeValidator(_any_network)]


def _filled(value: object) -> object:
    if value == []:
        raise PydanticCustomError("empty", "this needs at least one entry")
    return value


T = TypeVar("T")
Many: TypeAlias = Annotated[tuple[T, ...], Field(strict=False)]
"""An array of the file, kept as a tuple."""

AtLeastOne: TypeAlias = Annotated[
    tuple[T, ...],
    Field(strict=False, json_schema_extra={"minItems": 1}),
    BeforeValidator(_filled),
]
"""An array that must not be empty."""
