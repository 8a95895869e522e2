"""Network interfaces and their addresses."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Interface(Expectation):
    """An interface that is there, with at least these addresses (`10.0.0.1/24`)."""

    type: Literal["interface"] = "interface"
    name: str
    addresses: tuple[str, ...] = ()
    mac: str | None = None

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class Vlan(Expectation):
    """An interface that is a VLAN of another one, with this number."""

    type: Literal["vlan"] = "vlan"
    name: str
    parent: str
    number: int

    @property
    def subject(self) -> str:
        """Return the interface."""
        return self.name
