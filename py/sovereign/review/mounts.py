"""Which folders of a host outlive a boot: its root is in memory and starts empty."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.inventory.host import Host
from sovereign.review import properties
from sovereign.units import Size


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder whose content outlives a boot, and the ZFS file system that holds it, if one does."""

    path: str
    pool: str | None = None
    dataset: str | None = None


def below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def lasting(host: Host, path: str) -> Mount | None:
    """The deepest mount that keeps a path, or None where the path is lost at a boot."""
    mount = max(
        (mount for mount in mounts(host) if below(path, mount.path)),
        key=lambda mount: len(mount.path),
        default=None,
    )
    persist = host.boot.persist
    kept = max((d for d in persist.directories if below(path, d)), key=len, default=None)
    if kept is None or (mount is not None and len(mount.path) >= len(kept)):
        return mount
    return lasting(host, persist.at) if not below(persist.at, kept) else None


def recordsize(host: Host, mount: Mount) -> Size | None:
    """The record size of the ZFS file system behind a mount; None where it is no ZFS."""
    if mount.pool is None:
        return None
    return properties.recordsize(host.storage.pools[mount.pool], mount.dataset or "")


def mounts(host: Host) -> Iterator[Mount]:
    """What is mounted from arrays, pools and datasets."""
    for array in host.storage.arrays.values():
        yield Mount(array.mount)
    for name, pool in host.storage.pools.items():
        if pool.mount is not None:
            yield Mount(pool.mount, name)
        for dataset, described in pool.datasets.items():
            if described.mount is not None:
                yield Mount(described.mount, name, dataset)
