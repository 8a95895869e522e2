"""Every property of pools and datasets, written and inherited, as `zfs get -p` prints it."""

from collections.abc import Iterator, Mapping

from sovereign.expectations.origin import Origins
from sovereign.expectations.zfs import ZfsProperty
from sovereign.inventory.storage import Pool, Properties

_SHOWN_AS = {"gzip-6": "gzip", "zstd-fast-1": "zstd-fast"}
"""`zfs get` prints a level that is the default without it (zfsprops(7), compression)."""

_OWN = frozenset({"quota", "refquota", "reservation", "refreservation"})
"""Properties that no dataset inherits (zfsprops(7))."""


def properties(origin: Origins, pool: str, described: Pool) -> Iterator[ZfsProperty]:
    """Say what the properties of a pool and of all its datasets must be."""
    key = ("storage", "pools", pool)
    options = {
        "ashift": str(described.ashift),
        "autotrim": "on" if described.autotrim else "off",
        "autoexpand": "on" if described.autoexpand else "off",
    }
    for setting, value in options.items():
        yield ZfsProperty(
            **origin.own(*key, setting), dataset=pool, setting=setting, value=value, pool=True
        )
    yield _mountpoint(origin, key, pool, described.mount)
    written: dict[str, Mapping[str, str]] = {pool: _written(described.properties)}
    places: dict[str, tuple[str, ...]] = {pool: (*key, "properties")}
    for name, value in written[pool].items():
        yield ZfsProperty(
            **origin.own(*places[pool], name), dataset=pool, setting=name, value=value
        )
    for dataset, own in described.datasets.items():
        full = f"{pool}/{dataset}"
        written[full], places[full] = _written(own), (*key, "datasets", dataset)
    for dataset, own in described.datasets.items():
        full = f"{pool}/{dataset}"
        yield _mountpoint(origin, places[full], full, own.mount)
        for name, (value, giver) in _effective(full, written).items():
            yield ZfsProperty(
                **origin.own(*places[giver], name), dataset=full, setting=name, value=value
            )


def _mountpoint(
    origin: Origins, key: tuple[str, ...], dataset: str, mount: str | None
) -> ZfsProperty:
    """Systemd mounts what is mounted; ZFS mounts nothing by itself."""
    return ZfsProperty(
        **origin.own(*key, "mount"),
        dataset=dataset,
        setting="mountpoint",
        value="legacy" if mount else "none",
    )


def _effective(
    dataset: str, written: Mapping[str, Mapping[str, str]]
) -> Mapping[str, tuple[str, str]]:
    """Property → its value, and the dataset that gives it: the nearest above that has it."""
    found: dict[str, tuple[str, str]] = {}
    giver = dataset
    while giver:
        for name, value in written.get(giver, {}).items():
            if giver == dataset or name not in _OWN:
                found.setdefault(name, (value, giver))
        giver = giver.rpartition("/")[0]
    return {name: found[name] for name in Properties.model_fields if name in found}


def _written(described: Properties) -> Mapping[str, str]:
    values = {name: getattr(described, name) for name in Properties.model_fields}
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: int | str) -> str:
    """Sizes in bytes."""
    return str(int(value)) if isinstance(value, int) else _SHOWN_AS.get(value, value)
