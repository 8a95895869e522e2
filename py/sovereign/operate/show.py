"""Answers about a host, and where each value of it comes from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from sovereign.diagnostics import KeyPath
from sovereign.errors import UsageError
from sovereign.hardware.gpus import cuda_for, driver_for
from sovereign.inventory.document import value_at
from sovereign.inventory.hardware import Gpu
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import TomlPositions, dotted, parse_dotted
from sovereign.inventory.secrets import secrets
from sovereign.inventory.select import select
from sovereign.inventory.topology import links
from sovereign.review.capacity import pool_capacity


@dataclass(frozen=True, slots=True)
class Origin:
    """A value and the line that sets it; `line` is None for a default."""

    key: str
    value: str
    file: Path
    line: int | None
    column: int | None

    def text(self) -> str:
        """For a person: file:line:column, key and value."""
        if self.line is None:
            return f"{self.key} = {self.value}\n  default; {self.file} does not set it"
        return f"{self.file}:{self.line}:{self.column}\n  {self.key} = {self.value}"

    def as_json(self) -> dict[str, str | int | None]:
        """For a program."""
        return {
            "key": self.key,
            "value": self.value,
            "file": str(self.file),
            "line": self.line,
            "column": self.column,
        }


def origin_of(inventory: Inventory, host: str | None, key: str) -> Origin:
    """Find a value of a host's file, or of fleet.toml without a host.

    Raises UsageError when the inventory has no such key.
    """
    name = _one(inventory, host) if host else None
    model: BaseModel = inventory.hosts[name] if name else inventory.fleet
    file = inventory.file(name)
    try:
        path = parse_dotted(key)
    except ValueError as error:
        raise UsageError(str(error)) from error
    value = _value(model, path, file.relative_to(inventory.root))
    text = file.read_text("utf-8")
    written = value_at(tomllib.loads(text), path) is not None
    span = TomlPositions(text).of(path, "key") if written else None
    return Origin(
        dotted(path),
        _shown(value),
        file.relative_to(inventory.root),
        span.line if span else None,
        span.column if span else None,
    )


def overview(inventory: Inventory) -> list[dict[str, str]]:
    """One row a host."""
    return [
        {
            "host": name,
            "tags": " ".join(host.identity.tags),
            "memory": str(host.hardware.memory),
            "disks": str(len(host.hardware.disks)),
            "description": host.identity.description,
        }
        for name, host in inventory.hosts.items()
    ]


def describe(inventory: Inventory, name: str) -> dict[str, str]:
    """The facts of one host, by name."""
    name = _one(inventory, name)
    host = inventory.hosts[name]
    hardware = host.hardware
    facts = {
        "host": f"{name}.{inventory.fleet.domain}",
        "description": host.identity.description,
        "tags": " ".join(host.identity.tags),
        "cpu": f"{hardware.cpu.sockets} x {hardware.cpu.model}, {hardware.cpu.threads} threads",
        "memory": str(hardware.memory),
        **{f"gpu {key}": _gpu(gpu, host) for key, gpu in hardware.gpus.items()},
    }
    for link in links(inventory.fleet, host):
        facts[f"link {link.interface}"] = f"{link.address or 'DHCP'}, zone {link.zone}"
    for pool in host.storage.pools:
        capacity = pool_capacity(host, pool)
        facts[f"pool {pool}"] = (
            f"{capacity.listed.human()} ({capacity.listed.human_binary()}) usable"
        )
    if host.samba:
        facts["shares"] = " ".join(host.samba.shares)
    if host.database:
        facts["databases"] = " ".join(host.database.databases)
    if host.emily:
        facts["emily"] = f"API for {' '.join(host.emily.zones) or 'this host alone'}"
    facts["secrets"] = " ".join(secret.path for secret in secrets(inventory.fleet, host))
    facts["operators"] = " ".join(host.access.operators)
    return {key: value for key, value in facts.items() if value}


def _gpu(gpu: Gpu, host: Host) -> str:
    driver = driver_for(host.hardware.gpus.values())
    cuda = cuda_for(gpu, driver) if driver else None
    with_cuda = f", CUDA {cuda}" if cuda else ""
    return f"{gpu.model}, {gpu.memory}, driver {driver or 'unknown'}{with_cuda}"


def _one(inventory: Inventory, selector: str) -> str:
    names = select(inventory.hosts, [selector])
    if len(names) != 1:
        raise UsageError(f'"{selector}" names {len(names)} hosts; this verb takes one')
    return names[0]


def _value(model: BaseModel, path: KeyPath, file: Path) -> object:
    value: object = model
    for depth, part in enumerate(path):
        found = _inside(value, part)
        if found is _ABSENT:
            raise UsageError(f"{file} has no key {dotted(path[: depth + 1])}")
        value = found
    return value


_ABSENT = object()


def _inside(value: object, part: str | int) -> object:
    if isinstance(value, BaseModel) and isinstance(part, str):
        return getattr(value, part) if part in type(value).model_fields else _ABSENT
    if isinstance(value, Mapping):
        return value.get(part, _ABSENT)
    if isinstance(value, tuple) and isinstance(part, int) and part < len(value):
        return value[part]
    return _ABSENT


def _shown(value: object) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_none=True)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(inner) for inner in value) + "]"
    return str(value)
