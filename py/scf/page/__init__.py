"""The daemon's page and its metrics, for a browser and a Prometheus on this machine."""

from scf.page.board import (
    Board,
    Generation,
    Order,
    Release,
    Room,
    Snapshot,
    Work,
)
from scf.page.server import PageError, PageServer

__all__ = [
    "Board",
    "Generation",
    "Order",
    "PageError",
    "PageServer",
    "Release",
    "Room",
    "Snapshot",
    "Work",
]
