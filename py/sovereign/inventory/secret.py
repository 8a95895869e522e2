"""A secret is a reference: the path of a file on the host, never a value."""

import re
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from sovereign.inventory.base import AbsolutePath, Account, FileMode, Model

_STORE = "/nix/store"


class _SecretFile(Model):
    path: AbsolutePath
    """Absolute path on the host, outside the world-readable Nix store."""

    owner: Account = "root"
    """Account that owns the file."""

    mode: FileMode = "0400"
    """Permissions in octal; nothing for others."""


def _reference_only(value: object) -> object:
    if isinstance(value, str):
        raise PydanticCustomError(
            "secret_value", 'a secret is a reference like { path = "/persist/secrets/name" }'
        )
    if isinstance(value, dict):
        path, mode = value.get("path"), value.get("mode", "0400")
        if isinstance(path, str) and (path == _STORE or path.startswith(f"{_STORE}/")):
            raise PydanticCustomError("secret_in_store", "every account can read the Nix store")
        if isinstance(mode, str) and re.fullmatch("0[0-7]{2}[1-7]", mode):
            raise PydanticCustomError(
                "secret_mode", "mode {mode} lets others read it", {"mode": mode}
            )
    return value


Secret: TypeAlias = Annotated[_SecretFile, BeforeValidator(_reference_only)]
"""A file with a secret: absolute path, owner, mode."""
