"""Which folders of a host outlive a boot: its root is in memory and starts empty."""

from dataclasses import dataclass
from functools import lru_cache

from sovereign.inventory.host import Host
from sovereign.review import properties
from sovereign.units import Size


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder whose content outlives a boot, and the ZFS file system that holds it, if one does."""

    path: str
    pool: str | None = None
    dataset: str | None = None

    @property
    def name(self) -> str:
        """What is mounted."""
        if self.pool is None:
            return "an array"
        return f"{self.pool}/{self.dataset}" if self.dataset else f"pool {self.pool}"


def below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    if not path.startswith(folder):
        return False
    return len(path) == len(folder) or folder[-1] == "/" or path[len(folder)] == "/"


@lru_cache(maxsize=256)
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


def waits_for_persist(host: Host, path: str) -> bool:
    """Whether a path would be kept, were boot.persist.at mounted: BOOT050 tells of that once."""
    persist = host.boot.persist
    kept = any(below(path, folder) for folder in (persist.at, *persist.directories))
    return kept and lasting(host, persist.at) is None


def recordsize(host: Host, mount: Mount) -> Size | None:
    """The record size of the ZFS file system behind a mount; None where it is no ZFS."""
    if mount.pool is None:
        return None
    return properties.recordsize(host.storage.pools[mount.pool], mount.dataset or "")


@lru_cache(maxsize=8)
def mounts(host: Host) -> tuple[Mount, ...]:
    """What is mounted from arrays, pools and datasets."""
    found = [Mount(array.mount) for array in host.storage.arrays.values()]
    for name, pool in host.storage.pools.items():
        places = [(None, pool.mount), *((key, each.mount) for key, each in pool.datasets.items())]
        found += [Mount(path, name, dataset) for dataset, path in places if path is not None]
    return tuple(found)
