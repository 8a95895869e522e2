"""Pools, their disks and the properties of their datasets."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from sovereign.expectations.base import Expectation


class Vdev(BaseModel):
    """A group of devices; members are partition labels below /dev/disk/by-partlabel, or names below by-id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["data", "special", "log", "cache", "spare", "dedup"]
    kind: str
    members: tuple[str, ...]


class ZfsPool(Expectation):
    """A pool that is online, made of exactly these groups."""

    type: Literal["zfs-pool"] = "zfs-pool"
    pool: str
    vdevs: tuple[Vdev, ...]

    @property
    def subject(self) -> str:
        """Return the pool."""
        return self.pool


class ZfsProperty(Expectation):
    """A property of a pool (no slash, `pool` true) or dataset, as `-p` prints its value."""

    type: Literal["zfs-property"] = "zfs-property"
    dataset: str
    setting: str
    value: str
    pool: bool = False

    @property
    def subject(self) -> str:
        """Return the dataset and the property."""
        return f"{'pool ' if self.pool else ''}{self.dataset} {self.setting}"


class MdArray(Expectation):
    """An array of this level, clean, with exactly these members (partition labels)."""

    type: Literal["md-array"] = "md-array"
    name: str
    level: int
    members: tuple[str, ...]

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name
