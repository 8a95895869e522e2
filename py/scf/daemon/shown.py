"""The daemon's page: what each cycle came to, told anew only when something may have changed."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scf.daemon.build import Parts
from scf.daemon.loop import Daemon, Did
from scf.daemon.serve import Seen
from scf.daemon.snapshot import Turn, snapshot
from scf.page import Board, PageServer

LOG = logging.getLogger("scf")
_QUIET = (Did.IDLE, Did.WAITING, Did.PAUSED, Did.LOCKED)
_AGAIN_S = 5.0
"""A quiet daemon is looked at this often."""


@contextmanager
def shown(parts: Parts, daemon: Daemon, *, page: bool = True) -> Iterator[Seen]:
    """What is to be called after each cycle, while the page is served. Raises PageError."""
    if not page:
        yield lambda _: None
        return
    board = Board()
    watch = _Watch(parts, daemon, board)
    set_page = parts.settings.page
    with PageServer(board, set_page.host, set_page.port) as server:
        LOG.info("page: %s", server.address)
        yield watch.see


class _Watch:
    def __init__(self, parts: Parts, daemon: Daemon, board: Board) -> None:
        self._parts = parts
        self._daemon = daemon
        self._board = board
        self._started_at = time.time()
        self._cycles = 0
        self._errors = 0
        self._before: Did | None = None
        self._told_s = 0.0

    def see(self, did: Did) -> None:
        self._cycles += 1
        self._errors += did is Did.FAILED
        now = time.monotonic()
        if did is self._before and did in _QUIET and now - self._told_s < _AGAIN_S:
            self._board.beat()
            return
        self._before, self._told_s = did, now
        seen = self._daemon.seen
        self._board.publish(
            snapshot(
                self._parts,
                self._daemon.journal,
                self._daemon.mode,
                Turn(
                    did,
                    seen.heartbeat if seen is not None else None,
                    self._started_at,
                    self._cycles,
                    self._problems(did),
                    self._errors,
                ),
            )
        )

    def _problems(self, did: Did) -> tuple[str, ...]:
        daemon, last = self._daemon, self._daemon.journal.last()
        found = (
            "the emergency lock exists" if did is Did.LOCKED else "",
            f"the worker waits: {daemon.trouble}" if daemon.trouble else "",
            f"the last training failed: {last.reason}" if last is not None and last.reason else "",
            f"MLflow: {daemon.registry_problem}" if daemon.registry_problem else "",
        )
        return tuple(each for each in found if each)
