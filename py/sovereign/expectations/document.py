"""All types in one document: hosts/<host>/generated/expectations.json."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sovereign.errors import SovereignError
from sovereign.expectations.base import Expectation
from sovereign.expectations.boot import BootImages, SecureBoot
from sovereign.expectations.confinement import Confinement
from sovereign.expectations.database import (
    Database,
    DatabaseAccess,
    DatabaseRole,
    DatabaseRules,
    DatabaseSetting,
)
from sovereign.expectations.file import File
from sovereign.expectations.flow import Flow
from sovereign.expectations.hardware import Disk, Gpu, Memory, Processor
from sovereign.expectations.http import Http
from sovereign.expectations.interface import Interface, Vlan
from sovereign.expectations.mount import Mount, Swap
from sovereign.expectations.smb import SmbChannels, SmbServer, SmbShare
from sovereign.expectations.socket import OnlySockets, Socket
from sovereign.expectations.sysctl import KernelModule, KernelParameter, Sysctl
from sovereign.expectations.system import Identity, NixosRelease, NixSetting
from sovereign.expectations.timer import Timer
from sovereign.expectations.tunnel import Handshake, Tunnel
from sovereign.expectations.unit import Unit, UnitSetting
from sovereign.expectations.user import SshLogin, SshSetting, User
from sovereign.expectations.zfs import MdArray, ZfsPool, ZfsProperty
from sovereign.files import read_file

AnyExpectation: TypeAlias = Annotated[
    BootImages
    | Confinement
    | Database
    | DatabaseAccess
    | DatabaseRole
    | DatabaseRules
    | DatabaseSetting
    | Disk
    | File
    | Flow
    | Gpu
    | Handshake
    | Http
    | Identity
    | Interface
    | KernelModule
    | KernelParameter
    | MdArray
    | Memory
    | Mount
    | NixSetting
    | NixosRelease
    | OnlySockets
    | Processor
    | SecureBoot
    | SmbChannels
    | SmbServer
    | SmbShare
    | Socket
    | SshLogin
    | SshSetting
    | Swap
    | Sysctl
    | Timer
    | Tunnel
    | Unit
    | UnitSetting
    | User
    | Vlan
    | ZfsPool
    | ZfsProperty,
    Field(discriminator="type"),
]


class InvalidExpectationsError(SovereignError):
    """A file of expectations cannot be read."""

    code: ClassVar[str] = "EXP001"


class Document(BaseModel):
    """What must be true on one host."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    expectations: tuple[AnyExpectation, ...]

    @classmethod
    def of(cls, host: str, expectations: Iterable[Expectation]) -> "Document":
        """Gather what all concerns expect, each thing once, in a stable order."""
        found: dict[str, Expectation] = {}
        for one in expectations:
            if found.setdefault(one.id, one) != one:
                raise AssertionError(f"two expectations of {host} are called {one.id!r}")
        return cls.model_validate({"host": host, "expectations": list(found.values())})

    def text(self) -> str:
        """Write it as JSON: a line for each expectation, so that a diff shows what changed."""
        lines = ",\n".join(
            f"    {one.model_dump_json(exclude_defaults=False)}" for one in self.expectations
        )
        return f'{{\n  "host": "{self.host}",\n  "expectations": [\n{lines}\n  ]\n}}\n'


def read(file: Path) -> Document:
    """Read a document. Raises InvalidExpectationsError."""
    try:
        return Document.model_validate_json(read_file(file))
    except (OSError, ValidationError) as error:
        raise InvalidExpectationsError(f"{file} cannot be read: {error}") from error
