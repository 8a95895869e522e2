"""What may go wrong with a guest."""

from typing import ClassVar

from sovereign.errors import SovereignError


class GuestError(SovereignError):
    """A guest did not start, or a command in it failed."""

    code: ClassVar[str] = "REH012"


class UnusableRootError(GuestError):
    """The folder that guests shall boot from lacks something."""


class MonitorError(GuestError):
    """QEMU refused a command, or its monitor does not answer."""
