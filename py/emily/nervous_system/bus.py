"""The bus: bytes under keys, from whoever publishes to whoever subscribed; questions and answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from emily.contracts.topic import Delivery


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes that were published under a key."""

    key: str
    payload: bytes
    attachment: bytes = b""


@dataclass(frozen=True, slots=True)
class Question:
    """Bytes that were asked under a key; `reply` answers, once, from any thread."""

    key: str
    payload: bytes
    reply: Callable[[bytes], None]


class Cancel(Protocol):
    """Ends a subscription, a service or an announcement; harmless when called twice."""

    def __call__(self) -> None:
        """End it."""


class BusError(Exception):
    """The bus could not be opened, or is closed."""


class NoAnswerError(BusError):
    """Nobody answered in time."""


class Bus(Protocol):
    """One process's end of the bus.

    Callbacks run on threads of the bus and must return at once. What a process publishes reaches its
    own subscribers whether or not the network is there.
    """

    @property
    def connected(self) -> bool:
        """Tell whether other processes can be reached."""

    def publish(
        self, key: str, payload: bytes, attachment: bytes = b"", *, delivery: Delivery
    ) -> None:
        """Send bytes to whoever subscribed; it never raises for want of a listener or a network."""

    def subscribe(self, expression: str, deliver: Callable[[Sample], None]) -> Cancel:
        """Have `deliver` called with every sample whose key the expression matches."""

    def serve(self, key: str, answer: Callable[[Question], None]) -> Cancel:
        """Have `answer` called with every question under the key."""

    def ask(self, key: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Return the first answer. NoAnswerError: there was none in time."""

    def announce(self, key: str) -> Cancel:
        """Hold a liveliness token: others see it until it is cancelled or the process dies."""

    def watch(self, expression: str, changed: Callable[[str, bool], None]) -> Cancel:
        """Have `changed` called with the key of each token that is there, comes (True) or goes."""

    def close(self) -> None:
        """Leave the bus; what is still called fails with BusError."""
