"""sshd_config, the host keys' script and the operators' keys, from `services.openssh` and `users.users`.

Follows nixpkgs' nixos/modules/services/networking/ssh/sshd.nix as of nixos-26.05; the first is
compared with the real text where SOVEREIGN_NIXPKGS is set.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict

from sovereign.rehearse.values import ValuesError

STAND_IN = "sshd_config rendered from options"
KEYS = "/etc/ssh/authorized_keys.d"

Value: TypeAlias = bool | int | str | tuple[str, ...] | None

_BY_COMMA = {"Ciphers", "KexAlgorithms", "Macs"}
_BY_SPACE = {
    *("AcceptEnv", "AllowGroups", "AllowUsers", "AuthorizedKeysFile", "DenyGroups", "DenyUsers"),
}


class HostKey(BaseModel):
    """A key of the host: where it lies, its kind, and its length in bits where that is told."""

    model_config = ConfigDict(frozen=True)

    path: str
    type: str
    bits: int | None = None
    comment: str | None = None


class ListenAddress(BaseModel):
    """An address to listen on; without a port, on all ports."""

    model_config = ConfigDict(frozen=True)

    addr: str
    port: int | None = None


def sshd_config(settings: Mapping[str, Value], more: str) -> str:
    """Return the file: the settings by name, then `more` lines. Raises ValuesError."""
    told = "".join(
        f"{key} {_text(key, value)}\n"
        for key, value in sorted(settings.items())
        if value is not None
    )
    return f"{told}{more}\n"


def own_lines(
    *,
    ipv6: bool,
    ports: Sequence[int],
    addresses: Sequence[ListenAddress],
    sftp: Sequence[str] | None,
    key_files: Sequence[str],
    host_keys: Sequence[HostKey],
) -> str:
    """Return what NixOS puts before a host's own lines; `sftp` is the server and its flags."""
    return "\n".join(
        [
            f"AddressFamily {'any' if ipv6 else 'inet'}",
            *(f"Port {port}" for port in ports),
            *(
                f"ListenAddress {one.addr}{'' if one.port is None else f':{one.port}'}"
                for one in addresses
            ),
            *([f"Subsystem sftp {sftp[0]} {' '.join(sftp[1:])}"] if sftp else []),
            f"AuthorizedKeysFile {' '.join(key_files)}",
            *(f"HostKey {key.path}" for key in host_keys),
        ]
    )


def keygen_script(host_keys: Sequence[HostKey]) -> str:
    """Return the script that makes each key which is not there or empty."""
    return "".join(_keygen(key) for key in host_keys)


def authorized_keys(keys: Sequence[str], files: Sequence[str]) -> str:
    """Return an account's file, from keys and the texts of files of keys."""
    return "\n".join(keys) + "\n" + "".join(f"{text}\n" for text in files) + "\n"


def _keygen(key: HostKey) -> str:
    bits = f" -b {key.bits}" if key.bits is not None else ""
    comment = f" -C '{key.comment}'" if key.comment is not None else ""
    return f"""if ! [ -s "{key.path}" ]; then
    if ! [ -h "{key.path}" ]; then
        rm -f "{key.path}"
    fi
    mkdir -p "$(dirname '{key.path}')"
    chmod 0755 "$(dirname '{key.path}')"
    ssh-keygen -t "{key.type}"{bits}{comment} -f "{key.path}" -N ""
fi
"""


def _text(key: str, value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, tuple):
        return str(value)
    if key in _BY_COMMA:
        return ",".join(value)
    if key in _BY_SPACE:
        return " ".join(value)
    raise ValuesError(f"services.openssh.settings.{key} is a list, which NixOS does not take there")
