"""What the rescue script needs beside the layout: its programs, and the mounts in their order."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.storage.layout import (
    Array,
    Disk,
    FileSystem,
    Partition,
    Swap,
    arrays,
    binary,
    disks,
)
from sovereign.generators.storage.pools import Pool, pools
from sovereign.inventory.host import Host

TARGET = "/mnt"
"""Where the new system is mounted."""

_TOOLS = ("blockdev", "lsblk", "mkfs.vfat", "partprobe", "sgdisk", "udevadm", "wipefs")


@dataclass(frozen=True, slots=True)
class Mount:
    """What is mounted for the installation: `mount -t type -o options source target`."""

    type: str
    options: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Rescue:
    """The view that `format.sh` is printed from."""

    tools: tuple[str, ...]
    serials: tuple[str, ...]
    paths: tuple[str, ...]
    disks: tuple[Disk, ...]
    esps: tuple[str, ...]
    swaps: tuple[str, ...]
    """Swap partitions that are made once; an encrypted one is made at every boot."""

    arrays: tuple[Array, ...]
    pools: tuple[Pool, ...]
    mounts: tuple[Mount, ...]


def rescue(host: Host) -> Rescue:
    """Gather what lays out and mounts a host's disks without disko."""
    on_disks, on_arrays, on_pools = disks(host), arrays(host), pools(host)
    parts = tuple(part for disk in on_disks for part in disk.partitions)
    swaps = tuple(
        part.path for part in parts if isinstance(part.content, Swap) and not part.content.encrypted
    )
    tools = {
        *_TOOLS,
        *(array.mkfs for array in on_arrays),
        *(("mdadm",) if on_arrays else ()),
        *(("mkswap",) if swaps else ()),
        *(("zfs", "zpool") if on_pools else ()),
    }
    return Rescue(
        tools=tuple(sorted(tools)),
        serials=tuple(disk.serial for disk in on_disks),
        paths=tuple(disk.path for disk in on_disks),
        disks=on_disks,
        esps=tuple(part.path for part in parts if isinstance(part.content, FileSystem)),
        swaps=swaps,
        arrays=on_arrays,
        pools=on_pools,
        # A folder sorts before what lies in it.
        mounts=tuple(sorted(_mounts(host, parts), key=lambda mount: mount.target)),
    )


def _mounts(host: Host, parts: tuple[Partition, ...]) -> Iterator[Mount]:
    root = host.boot.root
    yield _mount("tmpfs", "tmpfs", "/", (f"size={binary(root.size)}", f"mode={root.mode}"))
    for part in parts:
        if isinstance(part.content, FileSystem):
            yield _filesystem(part.path, part.content)
    for array in arrays(host):
        yield _filesystem(array.path, array.content)
    for pool in pools(host):
        for dataset in pool.all_datasets:
            if dataset.mount:
                yield _mount("zfs", dataset.name, dataset.mount, ())


def _filesystem(source: str, content: FileSystem) -> Mount:
    return _mount(content.format, source, content.mount, content.options)


def _mount(kind: str, source: str, mount: str, options: tuple[str, ...]) -> Mount:
    target = f"{TARGET}{mount}".rstrip("/")
    return Mount(kind, ",".join((*options, "X-mount.mkdir")), source, target)
