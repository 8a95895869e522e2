"""What in fact confines a running service."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Confinement(Expectation):
    """A unit's main process has no capability but these, gains none, and may write nowhere else.

    Of the folders that every system has, and of `writable`, only the latter are on a file system
    that it may write to; and its system calls are filtered.
    """

    type: Literal["confinement"] = "confinement"
    unit: str
    capabilities: tuple[str, ...] = ()
    """By their names, without `cap_`, in lower case."""
    writable: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return the unit."""
        return self.unit
