"""From files to a frozen inventory, or every error of every file at once."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from sovereign.diagnostics import Diagnostic, Severity
from sovereign.errors import Exit, SovereignError
from sovereign.files import read_file
from sovereign.inventory.base import HostName
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.parallel import in_parallel

FLEET_FILE = "hosts/fleet.toml"
_HOST_NAME: TypeAdapter[str] = TypeAdapter(HostName)
_M = TypeVar("_M", bound=BaseModel)


class InvalidInventoryError(SovereignError):
    """The inventory cannot be used; `diagnostics` says what is wrong where."""

    code: ClassVar[str] = "INV000"
    exit_code: ClassVar[Exit] = Exit.FINDINGS

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        count = len(diagnostics)
        super().__init__(f"the inventory has {count} error{'s' if count != 1 else ''}")
        self.diagnostics = diagnostics


@dataclass(frozen=True, eq=False)
class Inventory:
    """The whole fleet: what is shared, and every host by its name."""

    root: Path
    fleet: Fleet
    hosts: Mapping[str, Host]

    def file(self, host: str | None = None) -> Path:
        """The file in which a host, or what is shared, is described."""
        return host_file(self.root, host) if host else self.root / FLEET_FILE

    @cached_property
    def tunnel_members(self) -> Mapping[str, tuple[str, ...]]:
        """Tunnel → the hosts that join it."""
        members: dict[str, list[str]] = {}
        for name, host in self.hosts.items():
            for tunnel in host.network.tunnels:
                members.setdefault(tunnel, []).append(name)
        return {tunnel: tuple(names) for tunnel, names in members.items()}

    @cached_property
    def reachable_members(self) -> Mapping[str, tuple[str, ...]]:
        """Tunnel → the hosts that join it and can be called there."""
        return {
            tunnel: tuple(n for n in names if self.hosts[n].network.tunnels[tunnel].endpoint)
            for tunnel, names in self.tunnel_members.items()
        }


def host_file(root: Path, host: str) -> Path:
    """The file in which a host is described."""
    return root / "hosts" / host / "host.toml"


def load(root: Path) -> Inventory:
    """Read `hosts/` below `root`.

    Raises InvalidInventoryError with the errors of all files.
    """
    from sovereign.inventory.references import dangling

    errors: list[Diagnostic] = []
    fleet = _parse(root / FLEET_FILE, Fleet, errors)
    try:
        names = host_names(root)
    except OSError as error:
        from sovereign.inventory.problems import explain_unreadable

        names = ()
        errors.append(explain_unreadable(error, root / "hosts"))
    hosts: dict[str, Host] = {}
    for part, found in in_parallel(partial(_parse_hosts, root), names):
        hosts |= part
        errors += found
    if fleet is not None:
        inventory = Inventory(root, fleet, hosts)
        errors.extend(dangling(inventory))
        if not errors:
            return inventory
    raise InvalidInventoryError(tuple(errors))


def _parse_hosts(root: Path, names: Sequence[str]) -> tuple[dict[str, Host], list[Diagnostic]]:
    errors: list[Diagnostic] = []
    hosts: dict[str, Host] = {}
    for name in names:
        file = host_file(root, name)
        host = _parse(file, Host, errors)
        if host is not None:
            hosts[name] = host
        if not _is_host_name(name):
            message = f'"{name}" is no host name'
            errors.append(Diagnostic("INV004", Severity.ERROR, message, file, host=name))
    return hosts, errors


def host_names(root: Path) -> tuple[str, ...]:
    """The names of the folders under hosts/ that are a host's, in order. Raises OSError.

    What was generated for a host counts too: without its host.toml it would be built for ever.
    """
    folder = root / "hosts"
    if not folder.exists():
        return ()
    with os.scandir(folder) as entries:
        return tuple(sorted(entry.name for entry in entries if _is_host(Path(entry.path))))


def _is_host(folder: Path) -> bool:
    for name in ("host.toml", "generated"):
        try:
            (folder / name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # it is there, and reading it will tell what is wrong
            return True
        return True
    return False


def _is_host_name(name: str) -> bool:
    try:
        _HOST_NAME.validate_python(name)
    except ValidationError:
        return False
    return True


def _parse(file: Path, model: type[_M], errors: list[Diagnostic]) -> _M | None:
    try:
        document = tomllib.loads(read_file(file).decode("utf-8"))
        return model.model_validate(document)
    except ValidationError as error:
        from sovereign.inventory.problems import explain_validation

        errors.extend(explain_validation(error, model, document, file))
    except (ValueError, RecursionError, OSError) as error:
        from sovereign.inventory.problems import explain_unreadable

        errors.append(explain_unreadable(error, file))
    return None
