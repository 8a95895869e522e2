"""How rented machines are reached."""

from typing import Protocol

from scf.worker.runpod_api import Pod
from scf.worker.way import Way


class Access(Protocol):
    """What pods are given so that they can be reached, and the way to them."""

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports at which a pod is entered."""

    def environment(self, name: str) -> dict[str, str]:
        """What the image needs in the pod of this name. Raises RunnerError."""

    def way(self, pod: Pod) -> Way | None:
        """How files go to and from a pod, None while it has no address. Raises RunnerError."""

    def forget(self, name: str) -> None:
        """Remove what is kept for the pod of this name."""
