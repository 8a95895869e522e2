"""Tell systemd how the service is: the protocol of sd_notify(3)."""

import os
import socket

_LONGEST_STATUS = 200


def ready(status: str = "") -> None:
    """Say that the service has started."""
    _send("READY=1", *_status(status))


def watchdog() -> None:
    """Say that the service still works; due twice in each period of the watchdog."""
    _send("WATCHDOG=1")


def status(text: str) -> None:
    """Say in one line what the service does."""
    _send(*_status(text))


def stopping() -> None:
    """Say that the service is about to end."""
    _send("STOPPING=1")


def watchdog_period_s() -> float | None:
    """Return how often watchdog() is due: half the period systemd watches; None: it does not."""
    named, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not (named.isascii() and named.isdigit()) or (pid and pid != str(os.getpid())):
        return None
    return int(named) / 2e6 or None


def _status(text: str) -> tuple[str, ...]:
    line = " ".join(text.split())[:_LONGEST_STATUS]
    return (f"STATUS={line}",) if line else ()


def _send(*assignments: str) -> None:
    """Send to $NOTIFY_SOCKET, a path or '@' and an abstract name; a failure changes nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not assignments or address[:1] not in ("/", "@"):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.setblocking(False)  # who watches may be halted; a tier never waits for it
            to.sendto("\n".join(assignments).encode(), address)
    except OSError:
        pass
