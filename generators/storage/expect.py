"""What must be true of the storage: pools, arrays and swap, and every mount."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.file import File
from sovereign.expectations.mount import Mount, Swap
from sovereign.expectations.origin import Origins
from sovereign.expectations.unit import Unit
from sovereign.expectations.zfs import MdArray, Vdev, ZfsPool
from sovereign.generators.storage.expect_properties import properties
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.storage import Pool
from sovereign.units import Size

_MIB = 1024 * 1024

_MACHINE_ID = "/etc/machine-id"

_NOT_SHOWN = frozenset(
    {"defaults", "nofail", "auto", "noauto", "user", "nouser", "async", "_netdev"}
)
"""Mount options that are mount(8)'s or the default, so that the kernel does not list them."""


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the storage."""
    host, origin = inventory.hosts[name], Origins.of("storage", inventory, name)
    for pool, described in host.storage.pools.items():
        vdevs = tuple(_vdevs(described))
        yield ZfsPool(**origin.own("storage", "pools", pool), pool=pool, vdevs=vdevs)
        yield from properties(origin, pool, described)
    if host.storage.pools:
        key = origin.own("storage", "pools")
        yield Unit(**key, name="zfs-properties.service", state="exited")
    for array, built in host.storage.arrays.items():
        yield MdArray(
            **origin.own("storage", "arrays", array),
            name=array,
            level=built.level,
            members=tuple(_label(member, "md") for member in built.members),
        )
    if swap := host.storage.swap:
        yield Swap(
            **origin.own("storage", "swap"),
            devices=len(swap.members),
            priority=swap.priority,
            encrypted=swap.encryption == "random",
        )
    mounts = {mount.path: mount for mount in _persisted(host, origin)}
    mounts |= {mount.path: mount for mount in _mounts(host, origin)}
    yield from (mounts[path] for path in sorted(mounts))
    yield from _kept(host, origin)


def _label(member: str, use: str) -> str:
    """The label of a partition; a disk that is used whole has one, named after its use."""
    disk, _, partition = member.partition(".")
    return f"disk-{disk}-{partition or use}"


def _vdevs(pool: Pool) -> Iterator[Vdev]:
    def members(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_label(name, "zfs") for name in names)

    for vdev in pool.vdevs:
        yield Vdev(role="data", kind=vdev.kind, members=members(vdev.members))
    if pool.special:
        special = pool.special
        yield Vdev(role="special", kind=special.kind, members=members(special.members))
    if pool.log:
        yield Vdev(role="log", kind=pool.log.kind, members=members(pool.log.members))
    if pool.cache:
        yield Vdev(role="cache", kind="stripe", members=members(pool.cache))
    if pool.spares:
        yield Vdev(role="spare", kind="stripe", members=members(pool.spares))


def _mounts(host: Host, origin: Origins) -> Iterator[Mount]:
    root = host.boot.root
    yield Mount(
        **origin.own("boot", "root", "size"),
        path="/",
        filesystem="tmpfs",
        # As the kernel prints them; what was asked for is rounded up to MiB.
        options=(f"size={_rounded_up(root.size) // 1024}k", f"mode={root.mode.lstrip('0') or '0'}"),
    )
    for index, esp in enumerate(host.boot.esps):
        yield Mount(
            **origin.own("boot", "esps", index, "mount"),
            path=esp.mount,
            filesystem="vfat",
            options=("fmask=0077", "dmask=0077"),
        )
    for array, built in host.storage.arrays.items():
        yield Mount(
            **origin.own("storage", "arrays", array, "mount"),
            path=built.mount,
            filesystem=built.filesystem,
            options=tuple(option for option in built.options if option not in _NOT_SHOWN),
        )
    for pool, described in host.storage.pools.items():
        key = ("storage", "pools", pool)
        if described.mount:
            yield _dataset(origin, (*key, "mount"), described.mount, pool)
        for dataset, own in described.datasets.items():
            if own.mount:
                place = (*key, "datasets", dataset, "mount")
                yield _dataset(origin, place, own.mount, f"{pool}/{dataset}")


def _dataset(origin: Origins, key: tuple[str, ...], path: str, source: str) -> Mount:
    return Mount(**origin.own(*key), path=path, filesystem="zfs", source=source)


def _persisted(host: Host, origin: Origins) -> Iterator[Mount]:
    """What outlives a boot: bound from the file system that holds the persistent folder."""
    persist = host.boot.persist
    holders = [
        mount
        for mount in _mounts(host, origin)
        if mount.path == "/" or f"{persist.at}/".startswith(f"{mount.path}/")
    ]
    holder = max(holders, key=lambda mount: len(mount.path))
    for kind, paths in (("directories", persist.directories), ("files", persist.files)):
        for index, path in enumerate(paths):
            yield Mount(
                **origin.own("boot", "persist", kind, index),
                path=path,
                filesystem=holder.filesystem,
                source=holder.source
                and f"{holder.source}[{_below(holder.path, persist.at)}{path}]",
            )


def _below(mount: str, folder: str) -> str:
    """A folder as the file system on that mount point knows it; empty for the mount point itself."""
    return folder.removeprefix(mount) if mount != "/" else folder


def _kept(host: Host, origin: Origins) -> Iterator[Expectation]:
    boot = host.boot
    if boot.pki_bundle in boot.persist.directories:
        index = boot.persist.directories.index(boot.pki_bundle)
        yield File(
            **origin.own("boot", "persist", "directories", index),
            path=boot.pki_bundle,
            kind="directory",
            owner="root",
            group="root",
            mode="0700",
        )
    if _MACHINE_ID in boot.persist.files:
        index = boot.persist.files.index(_MACHINE_ID)
        yield Unit(
            **origin.own("boot", "persist", "files", index),
            name="systemd-machine-id-commit.service",
            state="absent",
        )


def _rounded_up(size: Size) -> int:
    return -(-size // _MIB) * _MIB
