"""SMB shares."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator

from sovereign.inventory.base import AbsolutePath, Account, Many, Model, Name, Text, spelled
from sovereign.inventory.reserved import not_a_section
from sovereign.inventory.secret import Secret

ShareName: TypeAlias = Annotated[
    str, *spelled("[a-z][a-z0-9]*(?:-[a-z0-9]+)*", "code", 40), AfterValidator(not_a_section)
]
Encryption: TypeAlias = Literal["off", "desired", "required"]


class SambaUser(Model):
    """An account that may connect."""

    password: Secret


class Share(Model):
    """A folder that is shared."""

    path: AbsolutePath
    description: Text = ""
    drive: Annotated[str, *spelled("[A-Z]", "Z", 1)] | None = None
    """The drive letter that Windows clients give it."""

    users: Many[Account]
    read_only: bool = False
    guest: bool = False
    encryption: Encryption = "required"


class Samba(Model):
    """The SMB server."""

    port: Name = "smb"
    """The ledger's name of the port."""

    workgroup: Annotated[str, *spelled("[A-Z][A-Z0-9-]{0,14}", "WORKGROUP", 15)] = "WORKGROUP"
    zones: Many[Name]
    """The zones that may connect."""

    multichannel: bool = True
    encryption: Encryption = "desired"
    """For the whole server; a share may ask for more."""

    users: Mapping[Account, SambaUser] = {}
    shares: Mapping[ShareName, Share] = {}
