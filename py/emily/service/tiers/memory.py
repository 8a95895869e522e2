"""The memory of the cognition tier, on threads of its own: a database that hangs holds up nobody else."""

import math
import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import structlog

from emily.cognition.memory import (
    Affect,
    DurableMemory,
    Embedder,
    Episode,
    EpisodeError,
    Health,
    Query,
    StoreError,
    StoreUnavailable,
)
from emily.contracts.messages import (
    Check,
    Hit,
    Hits,
    RecallQuery,
    Refused,
    Remember,
    Remembered,
)
from emily.contracts.topics import RECALL, STORE
from emily.contracts.ulid import new_ulid
from emily.nervous_system.node import Node

MAX_WAITING = 256
"""Tasks that may wait for the thread; what comes then is dropped: the asker hears no answer."""
FLUSH_S = 1.0
REFUSED_S = 5.0
"""How long the memory counts as unwell after it refused an episode, unless it takes another one."""
LEAST_FREE = 1 << 20
"""Bytes of the disk."""

_log = structlog.get_logger()


class MemoryService:
    """Answers memory/store and memory/recall, and stores what waits in the outbox once a second."""

    def __init__(
        self, open_memory: Callable[[], DurableMemory], embedder: Embedder, folder: Path
    ) -> None:
        self._open_memory = open_memory
        self._folder = folder
        self._opened: DurableMemory | None = None
        self._embedder = embedder
        self._tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._health = Health(available=False, detail="not opened yet")
        self._refused_s, self._refusal = -math.inf, ""
        """When an episode was refused last, and why."""
        self._ending = threading.Event()
        # a database that is down holds up whoever asks it: what waits is stored beside the questions
        self._threads = [
            threading.Thread(target=self._work, name="memory", daemon=True),
            threading.Thread(target=self._maintain, name="outbox", daemon=True),
        ]
        self._opening = threading.Lock()
        self.stored = self.recalled = self.dropped = 0

    def start(self, node: Node) -> None:
        """Serve; the database may be away."""
        for thread in self._threads:
            thread.start()
        node.serve(STORE, lambda message: self.remember(message.body), run=self.do)
        node.serve(RECALL, lambda message: self.recall(message.body), run=self.do)

    def do(self, task: Callable[[], None]) -> None:
        """Have the thread call a task. It is dropped and counted when too many wait."""
        if self._tasks.qsize() >= MAX_WAITING:
            self.dropped += 1
            return
        self._tasks.put(task)

    def remember(self, wanted: Remember) -> Remembered | Refused:
        """Keep an episode; on the memory's thread."""
        try:
            episode = Episode(
                id=new_ulid(),
                timestamp=datetime.now(UTC),
                content=wanted.content,
                affect=Affect(*wanted.affect),
                embedding=self._embedder.embed(wanted.content),
                context=wanted.context,
            )
            self._memory().store(episode)
            waits = self._memory().waits(episode.id)
        except EpisodeError as error:
            return Refused(reason=str(error), retry=False)
        except StoreUnavailable as error:
            self._refused_s, self._refusal = time.monotonic(), str(error)
            return Refused(reason=str(error), retry=True)
        except StoreError as error:
            return Refused(reason=str(error), retry=False)
        self._refused_s = -math.inf
        self.stored += 1
        return Remembered(id=episode.id, durable="outbox" if waits else "store")

    def recall(self, wanted: RecallQuery) -> Hits | Refused:
        """Recall episodes; on the memory's thread."""
        try:
            query = Query(
                self._embedder.embed(wanted.text),
                Affect(*wanted.affect) if wanted.affect else None,
            )
            found = self._memory().recall(query, wanted.k, datetime.now(UTC))
        except EpisodeError as error:
            return Refused(reason=str(error), retry=False)
        except StoreUnavailable as error:
            return Refused(reason=str(error), retry=True)
        except StoreError as error:
            return Refused(reason=str(error), retry=False)
        self.recalled += 1
        return Hits(
            hits=tuple(
                Hit(
                    id=one.episode.id,
                    timestamp=one.episode.timestamp.isoformat(),
                    content=one.episode.content,
                    affect=tuple(one.episode.affect),
                    context={name: str(value) for name, value in one.episode.context.items()},
                    score=one.score,
                    similarity=one.similarity,
                )
                for one in found
            )
        )

    def checks(self) -> dict[str, Check]:
        """Tell how the memory is, whether it takes what comes, and whether its disk has room."""
        health = self._health
        waiting = f"; {health.pending} episodes wait" if health.pending else ""
        refused = time.monotonic() - self._refused_s < REFUSED_S
        free = shutil.disk_usage(self._folder).free
        return {
            "memory": Check(
                ok=health.available and not health.pending and not refused,
                detail=health.detail + waiting + (f"; {self._refusal}" if refused else ""),
            ),
            "disk": Check(ok=free >= LEAST_FREE, detail=f"{free >> 20} MiB free"),
        }

    def counters(self) -> dict[str, float]:
        """Tell what was stored and recalled, and how much there is."""
        health = self._health
        return {
            "stored": self.stored,
            "recalled": self.recalled,
            "episodes": (health.episodes or 0) + health.pending,
            "pending": health.pending,
            "memory_overflow": self.dropped,
        }

    def close(self) -> None:
        """Do what waits, then close."""
        self._ending.set()
        self._tasks.put(lambda: None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=3.0)
        if self._opened is not None:
            self._opened.close()

    def _work(self) -> None:
        while not (self._ending.is_set() and self._tasks.empty()):
            try:
                self._tasks.get()()
            except Exception:
                _log.exception("the memory failed")

    def _maintain(self) -> None:
        while True:
            self._flush()
            if self._ending.wait(FLUSH_S):
                return

    def _memory(self) -> DurableMemory:
        """The memory, opened when it is first asked for. Raises StoreError."""
        with self._opening:
            if self._opened is None:
                self._opened = self._open_memory()
            return self._opened

    def _flush(self) -> None:
        before = self._health
        try:
            memory = self._memory()
            taken = memory.flush()
            if taken:
                _log.info("stored what waited", episodes=taken)
            self._health = memory.health()
        except StoreError as error:
            self._health = Health(available=False, detail=str(error))
        if before.available != self._health.available:
            _log.warning("memory", available=self._health.available, detail=self._health.detail)
