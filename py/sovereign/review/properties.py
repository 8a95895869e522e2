"""ZFS properties as they hold for a dataset, after inheritance."""

from sovereign.inventory.storage import Dataset, Pool, Properties
from sovereign.units import Size

DEFAULT_RECORDSIZE = Size.parse("128KiB")
"""https://openzfs.github.io/openzfs-docs/man/master/7/zfsprops.7.html#recordsize"""


def lineage(pool: Pool, dataset: str) -> tuple[Properties, ...]:
    """What a dataset takes its properties from: itself, the datasets above it, the pool's root."""
    parts = dataset.split("/")
    above = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    described: list[Dataset] = [pool.datasets[name] for name in above if name in pool.datasets]
    return (*described, pool.properties)


def recordsize(pool: Pool, dataset: str) -> Size:
    """The largest block of a dataset's files."""
    return next(
        (own.recordsize for own in lineage(pool, dataset) if own.recordsize is not None),
        DEFAULT_RECORDSIZE,
    )


def special_small_blocks(pool: Pool, dataset: str) -> Size:
    """Blocks up to this size go to the special vdev; 0 keeps them with the data."""
    values = (own.special_small_blocks for own in lineage(pool, dataset))
    return next((value for value in values if value is not None), Size(0))


def is_compressed(pool: Pool, dataset: str) -> bool:
    """Whether a dataset's blocks shrink before they are placed; OpenZFS's default is on."""
    values = (own.compression for own in lineage(pool, dataset))
    return next((value for value in values if value is not None), "on") != "off"
