"""How the host starts."""

from typing import Literal

from sovereign.expectations.base import Expectation


class SecureBoot(Expectation):
    """Whether the firmware refuses what is not signed."""

    type: Literal["secure-boot"] = "secure-boot"
    enabled: bool

    @property
    def subject(self) -> str:
        """Return what it is about."""
        return "firmware"


class BootImages(Expectation):
    """A boot partition holds signed images, at least one."""

    type: Literal["boot-images"] = "boot-images"
    path: str
    signed: bool

    @property
    def subject(self) -> str:
        """Return the partition."""
        return self.path
