"""What the machine is made of."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Disk(Expectation):
    """A disk at its place, with its serial number and size in bytes."""

    type: Literal["disk"] = "disk"
    path: str
    serial: str
    size_bytes: int

    @property
    def subject(self) -> str:
        """Return its path."""
        return self.path


class Memory(Expectation):
    """At least so much memory, less what firmware keeps (5 %)."""

    type: Literal["memory"] = "memory"
    at_least_bytes: int

    @property
    def subject(self) -> str:
        """Return what it is."""
        return "memory"


class Processor(Expectation):
    """So many threads."""

    type: Literal["processor"] = "processor"
    threads: int

    @property
    def subject(self) -> str:
        """Return what it is."""
        return "processor"


class Gpu(Expectation):
    """A graphics card whose driver sees it."""

    type: Literal["gpu"] = "gpu"
    name: str
    model: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name
