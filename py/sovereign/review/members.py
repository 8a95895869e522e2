"""Who uses which disk or partition of a host, and for what."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sovereign.diagnostics import KeyPath
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Partition, Pool, Vdev


@dataclass(frozen=True, slots=True)
class Use:
    """A member at its place, the type that its partition must have, and what it serves."""

    at: KeyPath
    member: str
    type: str
    purpose: str

    @property
    def disk(self) -> str:
        """The disk that it is, or lies on."""
        return self.member.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Group:
    """A vdev at its place; `role` is data, special or log."""

    at: KeyPath
    pool: str
    role: str
    vdev: Vdev


def groups(name: str, pool: Pool) -> Iterator[Group]:
    """The vdevs of a pool that hold what cannot be lost or must come fast."""
    at: KeyPath = ("storage", "pools", name)
    for index, vdev in enumerate(pool.vdevs):
        yield Group((*at, "vdevs", index), name, "data", vdev)
    if pool.special:
        yield Group((*at, "special"), name, "special", pool.special)
    if pool.log:
        yield Group((*at, "log"), name, "log", pool.log)


def all_groups(host: Host) -> Iterator[Group]:
    """The vdevs of all pools."""
    for name, pool in host.storage.pools.items():
        yield from groups(name, pool)


@lru_cache(maxsize=8)
def uses(host: Host) -> tuple[Use, ...]:
    """Every member that something is built on, in the order of the file."""
    return tuple(_uses(host))


def _uses(host: Host) -> Iterator[Use]:
    for index, esp in enumerate(host.boot.esps):
        yield Use(("boot", "esps", index, "partition"), esp.partition, "esp", f"ESP {esp.mount}")
    for name, array in host.storage.arrays.items():
        at: KeyPath = ("storage", "arrays", name, "members")
        yield from _each(at, array.members, "md", f"array {name}")
    if host.storage.swap:
        yield from _each(("storage", "swap", "members"), host.storage.swap.members, "swap", "swap")
    for name, pool in host.storage.pools.items():
        for group in groups(name, pool):
            yield from _each((*group.at, "members"), group.vdev.members, "zfs", f"pool {name}")
        at = ("storage", "pools", name)
        yield from _each((*at, "cache"), pool.cache, "zfs", f"cache of pool {name}")
        yield from _each((*at, "spares"), pool.spares, "zfs", f"spare of pool {name}")


@lru_cache(maxsize=8)
def partitions(host: Host) -> tuple[tuple[KeyPath, str, Partition], ...]:
    """Every partition of every disk, with the place where its layout describes it."""
    return tuple(_partitions(host))


def _partitions(host: Host) -> Iterator[tuple[KeyPath, str, Partition]]:
    for index, layout in enumerate(host.storage.layouts):
        for place, part in enumerate(layout.partitions):
            at: KeyPath = ("storage", "layouts", index, "partitions", place)
            for disk in layout.disks:
                yield at, f"{disk}.{part.name}", part


def partition_place(host: Host, member: str) -> KeyPath | None:
    """Where a partition's size is written; None for a whole disk."""
    places = ((*at, "size") for at, name, _ in partitions(host) if name == member)
    return next(places, None)


def _each(at: KeyPath, members: tuple[str, ...], kind: str, purpose: str) -> Iterator[Use]:
    for index, member in enumerate(members):
        yield Use((*at, index), member, kind, purpose)
