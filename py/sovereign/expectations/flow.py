"""Who reaches whom."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Flow(Expectation):
    """From a zone, all these ports of an address answer, or none does. `host` is this host, else a zone.

    An empty address is the uplink's, which DHCP gives: the suite looks it up.
    """

    type: Literal["flow"] = "flow"
    source: str
    destination: str
    address: str
    protocol: Literal["tcp"] = "tcp"
    ports: tuple[int, ...]
    allowed: bool

    @property
    def subject(self) -> str:
        """Return who reaches whom."""
        return f"{self.source} {'reaches' if self.allowed else 'never reaches'} {self.destination} {self.address} {','.join(map(str, self.ports))}"
