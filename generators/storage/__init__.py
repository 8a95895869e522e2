"""storage: disko's layout and what must be mounted early, the rescue script, dataset properties."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sovereign.generators.module import header, module
from sovereign.generators.output import Output
from sovereign.generators.storage.layout import (
    Array,
    ArrayMember,
    Content,
    Disk,
    FileSystem,
    Partition,
    Swap,
    arrays,
    binary,
    disks,
)
from sovereign.generators.storage.pools import Dataset, Pool, pools
from sovereign.generators.storage.rescue import rescue
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.nix.value import NixValue
from sovereign.text import environment
from sovereign.text.sh import SH

MACHINE_ID = "/etc/machine-id"

_EARLY = frozenset({"/var/lib/nixos", "/var/log", MACHINE_ID})
"""Needed before stage 2: user ids for the activation in the initrd, the journal, the machine's id."""

_Attributes = Mapping[str, NixValue]


@dataclass(frozen=True, slots=True)
class _Disk:
    name: str
    device: str
    partitions: tuple[tuple[str, _Attributes], ...]


@dataclass(frozen=True, slots=True)
class _Pool:
    name: str
    topology: _Attributes
    options: _Attributes
    root_properties: _Attributes
    mount: str | None
    datasets: tuple[tuple[str, _Attributes], ...]


@dataclass(frozen=True, slots=True)
class _View:
    disks: tuple[_Disk, ...]
    arrays: tuple[tuple[str, _Attributes], ...]
    pools: tuple[_Pool, ...]
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
        disks=tuple(_nix_disk(disk) for disk in disks(host)),
        arrays=tuple((array.name, _nix_array(array)) for array in arrays(host)),
        pools=tuple(_nix_pool(pool) for pool in found),
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
        keeps_machine_id=MACHINE_ID in boot.persist.files,
    )


def _early_mounts(host: Host) -> Iterator[str]:
    """What holds the persistent folder, and the mounts that it is mounted below."""
    storage = host.storage
    found = [array.mount for array in storage.arrays.values()]
    for pool in storage.pools.values():
        found += [each.mount for each in (pool, *pool.datasets.values()) if each.mount]
    return (mount for mount in sorted(found) if f"{host.boot.persist.at}/".startswith(f"{mount}/"))


def _preserved(kind: str, path: str, *, private: bool = False) -> NixValue:
    extra: dict[str, NixValue] = {}
    if path in _EARLY:
        extra["inInitrd"] = True
    if private:
        extra["mode"] = "0700"
    return {kind: path, **extra} if extra else path


def _nix_disk(disk: Disk) -> _Disk:
    partitions = tuple((part.name, _nix_partition(part)) for part in disk.partitions)
    return _Disk(disk.name, disk.path, partitions)


def _nix_partition(part: Partition) -> _Attributes:
    attributes: dict[str, NixValue] = {
        "priority": part.number,
        "type": part.type,
        "size": part.size or "100%",
    }
    if part.content:
        attributes["content"] = _nix_content(part.content)
    return attributes


def _nix_content(content: Content) -> _Attributes:
    match content:
        case FileSystem():
            return _nix_filesystem(content)
        case Swap():
            return {
                "type": "swap",
                "priority": content.priority,
                "randomEncryption": content.encrypted,
                # A dead drive takes its swap with it, not the boot.
                "mountOptions": ["nofail"],
            }
        case ArrayMember():
            return {"type": "mdraid", "name": content.array}
        case _:
            return {"type": "zfs", "pool": content.pool}


def _nix_filesystem(content: FileSystem) -> _Attributes:
    options = (*content.options, "nofail") if content.spare else content.options
    return {
        "type": "filesystem",
        "format": content.format,
        "mountpoint": content.mount,
        **({"mountOptions": options} if options else {}),
    }


def _nix_array(array: Array) -> _Attributes:
    return {
        "type": "mdadm",
        "level": array.level,
        **({"extraArgs": array.options} if array.options else {}),
        "content": _nix_filesystem(array.content),
    }


def _nix_pool(pool: Pool) -> _Pool:
    topology: dict[str, list[NixValue]] = {}
    for part in pool.topology:
        if part.role in {"spare", "cache"}:
            topology[part.role] = list(part.disko_members)
        else:
            vdev: _Attributes = {"mode": part.mode, "members": part.disko_members}
            topology.setdefault(part.role or "vdev", []).append(vdev)
    return _Pool(
        name=pool.name,
        topology={"type": "topology", **topology},
        options=pool.options,
        root_properties=pool.root.properties,
        mount=pool.root.mount,
        datasets=tuple(
            (dataset.name.removeprefix(f"{pool.name}/"), _nix_dataset(dataset))
            for dataset in pool.datasets
        ),
    )


def _nix_dataset(dataset: Dataset) -> _Attributes:
    return {
        "type": "zfs_fs",
        **({"mountpoint": dataset.mount} if dataset.mount else {}),
        "options": dataset.properties,
    }
