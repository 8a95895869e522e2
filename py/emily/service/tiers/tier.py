"""What a tier is to the process that runs it."""

from collections.abc import Mapping
from typing import Protocol

from emily.contracts.messages import Check
from emily.nervous_system.node import Node


class Tier(Protocol):
    """A tier. All its methods, and what it subscribed, are called on one thread.

    An exception in a handler is logged and counted: no message stops a tier. One in `step` ends the
    process, which is then started anew.
    """

    name: str
    period_s: float
    """How often `step` is called."""

    def start(self, node: Node) -> None:
        """Subscribe, load and get ready."""

    def step(self, now_ns: int) -> None:
        """Do what is due at a monotonic time."""

    def checks(self) -> Mapping[str, Check]:
        """Tell what is watched, and whether it is well."""

    def counters(self) -> Mapping[str, float]:
        """Tell what was counted since the start."""

    def close(self) -> None:
        """Save and let go."""
