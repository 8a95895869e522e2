"""The pools of a host, their vdevs and datasets, and every property as OpenZFS reads it back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sovereign.generators.storage.layout import partition_path
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Pool as Described
from sovereign.inventory.storage import Properties, Vdev
from sovereign.units import Size

LEGACY = "legacy"
"""The mount point of what systemd mounts (docs/adr/0005)."""

_ALIASES = {"gzip-6": "gzip", "zstd-fast-1": "zstd-fast"}
"""Values that `zfs get` shows by another name (OpenZFS, module/zcommon/zfs_prop.c)."""


@dataclass(frozen=True, slots=True)
class Vdevs:
    """A part of a pool's topology: its role in `zpool create` ("" for data), mode and members."""

    role: str
    mode: str
    members: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """As `zpool create` takes it."""
        paths = (partition_path(member, "zfs") for member in self.members)
        return (*(word for word in (self.role, self.mode) if word), *paths)

    @property
    def disko_members(self) -> tuple[str, ...]:
        """As disko takes them: a disk that is used whole by its name, anything else by its path."""
        return tuple(
            partition_path(member, "zfs") if "." in member else member for member in self.members
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset by its full name, and where it is mounted."""

    name: str
    mount: str | None
    properties: Mapping[str, str]

    @property
    def settings(self) -> tuple[str, ...]:
        """Its properties as `property=value`."""
        return _settings(self.properties)


@dataclass(frozen=True, slots=True)
class Pool:
    """A ZFS pool."""

    name: str
    options: Mapping[str, str]
    topology: tuple[Vdevs, ...]
    root: Dataset
    datasets: tuple[Dataset, ...]

    @property
    def settings(self) -> tuple[str, ...]:
        """The pool's options as `option=value`."""
        return _settings(self.options)

    @property
    def all_datasets(self) -> tuple[Dataset, ...]:
        """The root dataset and those below it."""
        return (self.root, *self.datasets)


@lru_cache(maxsize=8)
def pools(host: Host) -> tuple[Pool, ...]:
    """The pools, in the order of the inventory."""
    return tuple(_pool(name, pool) for name, pool in host.storage.pools.items())


def _pool(name: str, pool: Described) -> Pool:
    return Pool(
        name,
        {
            "ashift": str(pool.ashift),
            "autotrim": _switch(pool.autotrim),
            "autoexpand": _switch(pool.autoexpand),
        },
        tuple(_topology(pool)),
        _dataset(name, pool.mount, pool.properties),
        tuple(_dataset(f"{name}/{each}", it.mount, it) for each, it in pool.datasets.items()),
    )


def _topology(pool: Described) -> Iterator[Vdevs]:
    # A plain member that follows a mirror would be read as one more of its legs.
    for vdev in sorted(pool.vdevs, key=lambda vdev: vdev.kind != "stripe"):
        yield _vdev("", vdev)
    if pool.spares:
        yield Vdevs("spare", "", pool.spares)
    if pool.log:
        yield _vdev("log", pool.log)
    if pool.special:
        yield _vdev("special", pool.special)
    if pool.cache:
        yield Vdevs("cache", "", pool.cache)


def _vdev(role: str, vdev: Vdev) -> Vdevs:
    return Vdevs(role, "" if vdev.kind == "stripe" else vdev.kind, vdev.members)


def _dataset(name: str, mount: str | None, properties: Properties) -> Dataset:
    own = {field: getattr(properties, field) for field in Properties.model_fields}
    written = {field: _text(value) for field, value in own.items() if value is not None}
    return Dataset(name, mount, {"mountpoint": LEGACY if mount else "none", **written})


def _text(value: Size | int | str) -> str:
    """Sizes in bytes, so that `zfs get -p` shows the same."""
    return str(int(value)) if isinstance(value, int) else _ALIASES.get(value, value)


def _settings(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in values.items())


def _switch(on: bool) -> str:
    return "on" if on else "off"
