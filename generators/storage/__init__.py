"""storage: disko's layout and what must be mounted early, the rescue script, dataset properties."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import header, module
from sovereign.generators.output import Output
from sovereign.generators.storage.disko import (
    Attributes,
    DiskoDisk,
    DiskoPool,
    disko_array,
    disko_disk,
    disko_pool,
)
from sovereign.generators.storage.layout import arrays, binary, disks
from sovereign.generators.storage.pools import Dataset, Pool, pools
from sovereign.generators.storage.rescue import rescue
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.nix.value import NixValue
from sovereign.text import environment
from sovereign.text.sh import SH

_MACHINE_ID = "/etc/machine-id"

_EARLY = frozenset({"/var/lib/nixos", "/var/log", _MACHINE_ID})
"""Needed before stage 2: by the activation (user ids), the journal and systemd itself."""


@dataclass(frozen=True, slots=True)
class _View:
    disks: tuple[DiskoDisk, ...]
    arrays: tuple[tuple[str, Attributes], ...]
    pools: tuple[DiskoPool, ...]
    root_options: tuple[str, ...]
    early_mounts: tuple[str, ...]
    unmounted_pools: tuple[str, ...]
    persist: str
    directories: tuple[NixValue, ...]
    files: tuple[NixValue, ...]
    keeps_machine_id: bool


@dataclass(frozen=True, slots=True)
class _Properties:
    datasets: tuple[Dataset, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `storage.nix`, `format.sh` and, for a host with pools, `zfs-properties.sh`."""
    host = inventory.hosts[name]
    found = pools(host)
    yield module("storage", name, _view(host, found))
    yield _script("format.sh", name, "#!/usr/bin/env bash", rescue(host))
    if found:
        every = tuple(dataset for pool in found for dataset in pool.all_datasets)
        yield _script("zfs-properties.sh", name, "#!/bin/sh", _Properties(every))


def _script(file: str, host: str, shebang: str, view: object) -> Output:
    text = environment.render(SH, f"storage/{file}.j2", view)
    return Output(file, f"{shebang}\n{header(host)}{text}", executable=True)


def _view(host: Host, found: tuple[Pool, ...]) -> _View:
    boot = host.boot
    return _View(
        disks=tuple(disko_disk(disk) for disk in disks(host)),
        arrays=tuple((array.name, disko_array(array)) for array in arrays(host)),
        pools=tuple(disko_pool(pool) for pool in found),
        root_options=(f"size={binary(boot.root.size)}", f"mode={boot.root.mode}"),
        early_mounts=tuple(_early_mounts(host)),
        unmounted_pools=tuple(
            pool.name for pool in found if not any(each.mount for each in pool.all_datasets)
        ),
        persist=boot.persist.at,
        directories=tuple(
            _preserved("directory", path, private=path == boot.pki_bundle)
            for path in boot.persist.directories
        ),
        files=tuple(_preserved("file", path) for path in boot.persist.files),
        keeps_machine_id=_MACHINE_ID in boot.persist.files,
    )


def _early_mounts(host: Host) -> Iterator[str]:
    """What holds the persistent folder: its own mount, and those that it lies below."""
    storage = host.storage
    found = [array.mount for array in storage.arrays.values()]
    for pool in storage.pools.values():
        mounts = (pool.mount, *(dataset.mount for dataset in pool.datasets.values()))
        found += [mount for mount in mounts if mount]
    return (mount for mount in sorted(found) if f"{host.boot.persist.at}/".startswith(f"{mount}/"))


def _preserved(kind: str, path: str, *, private: bool = False) -> NixValue:
    extra: dict[str, NixValue] = {}
    if path in _EARLY:
        extra["inInitrd"] = True
    if private:
        extra["mode"] = "0700"
    return {kind: path, **extra} if extra else path
