"""File systems where they belong, and swap."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Mount(Expectation):
    """A file system is mounted; of its options, these are among them.

    The source is as findmnt(8) prints it: a folder that is bound stands in brackets behind it.
    """

    type: Literal["mount"] = "mount"
    path: str
    filesystem: str
    source: str | None = None
    options: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return the mount point."""
        return self.path


class Swap(Expectation):
    """So many swap devices are in use, each with this priority, encrypted or not."""

    type: Literal["swap"] = "swap"
    devices: int
    priority: int
    encrypted: bool

    @property
    def subject(self) -> str:
        """Return how many there are."""
        return f"{self.devices} devices"
