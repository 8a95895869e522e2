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
    RefusedError,
    StoreError,
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

MAX_LATER = 256
"""Episodes and recalls of the loop itself that may wait; what comes then is dropped and counted."""
FLUSH_S = 1.0
REFUSED_S = 5.0
"""How long the memory counts as unwell after it refused an episode, unless it takes another one."""
LEAST_FREE = 1 << 20
"""Bytes of the disk."""
CLOSE_S = 3.0

_log = structlog.get_logger()


class Worker:
    """A thread that calls tasks, one after another."""

    def __init__(self, name: str) -> None:
        self._tasks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def do(self, task: Callable[[], object]) -> None:
        """Have a task called; what it returns is dropped."""
        self._tasks.put(task)

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return self._tasks.qsize()

    def end(self, until_s: float) -> None:
        """Do what waits and end, or give up at a monotonic time."""
        self._tasks.put(None)
        if self._thread.is_alive():
            self._thread.join(max(0.0, until_s - time.monotonic()))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except Exception:
                _log.exception("the memory failed")


class MemoryService:
    """Answers memory/store and memory/recall, and stores what waits in the outbox once a second.

    A database that is away makes each recall wait for it. What is to be stored does not wait behind
    recalls, and what waits in the outbox behind neither: three threads.
    """

    def __init__(
        self, open_memory: Callable[[], DurableMemory], embedder: Embedder, folder: Path
    ) -> None:
        self._open_memory = open_memory
        self._folder = folder
        self._opened: DurableMemory | None = None
        self._opening = threading.Lock()
        self._embedder = embedder
        self._health = Health(available=False, detail="not opened yet")
        self._refused_s, self._refusal = -math.inf, ""
        """When an episode was refused last, and why."""
        self._storing, self._recalling = Worker("store"), Worker("recall")
        self._ending = threading.Event()
        self._outbox = threading.Thread(target=self._maintain, name="outbox", daemon=True)
        self.stored = self.recalled = self.dropped = 0

    def start(self, node: Node) -> None:
        """Serve; the database may be away."""
        for thread in (self._storing, self._recalling, self._outbox):
            thread.start()
        node.serve(STORE, lambda message: self.remember(message.body), run=self._storing.do)
        node.serve(RECALL, lambda message: self.recall(message.body), run=self._recalling.do)

    def store_later(self, wanted: Remember) -> None:
        """Keep an episode when its turn comes."""
        self._later(self._storing, lambda: self.remember(wanted))

    def recall_later(self, wanted: RecallQuery, tell: Callable[[Hits], None]) -> None:
        """Recall when its turn comes, unless the memory is away, and tell what was found."""

        def recall() -> None:
            found = self.recall(wanted)
            if isinstance(found, Hits):
                tell(found)

        if self._health.available:
            self._later(self._recalling, recall)

    def remember(self, wanted: Remember) -> Remembered | Refused:
        """Keep an episode."""
        try:
            episode = Episode(
                id=new_ulid(),
                timestamp=datetime.now(UTC),
                content=wanted.content,
                affect=Affect(*wanted.affect),
                embedding=self._embedder.embed(wanted.content),
                context=wanted.context,
            )
            memory = self._memory()
            memory.store(episode)
            waits = memory.waits(episode.id)
        except (EpisodeError, RefusedError) as error:
            return Refused(reason=str(error), retry=False)
        except StoreError as error:
            self._refused_s, self._refusal = time.monotonic(), str(error)
            return Refused(reason=str(error), retry=True)
        self._refused_s = -math.inf
        self.stored += 1
        return Remembered(id=episode.id, durable="outbox" if waits else "store")

    def recall(self, wanted: RecallQuery) -> Hits | Refused:
        """Recall episodes."""
        try:
            affect = Affect(*wanted.affect) if wanted.affect else None
            query = Query(self._embedder.embed(wanted.text), affect)
            found = self._memory().recall(query, wanted.k, datetime.now(UTC))
        except (EpisodeError, RefusedError) as error:
            return Refused(reason=str(error), retry=False)
        except StoreError as error:
            return Refused(reason=str(error), retry=True)
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
        return {
            "memory": Check(
                ok=health.available and not health.pending and not refused,
                detail=health.detail + waiting + (f"; {self._refusal}" if refused else ""),
            ),
            "disk": self._disk(),
        }

    def counters(self) -> dict[str, float]:
        """Tell what was stored and recalled, and how much there is."""
        health = self._health
        return {
            "stored": self.stored,
            "recalled": self.recalled,
            "episodes": (health.episodes or 0) + health.pending,
            "pending": health.pending,
            "memory_dropped": self.dropped,
        }

    def close(self) -> None:
        """Do what waits, for a while, then close."""
        self._ending.set()
        until_s = time.monotonic() + CLOSE_S
        for worker in (self._storing, self._recalling):
            worker.end(until_s)
        if self._outbox.is_alive():
            self._outbox.join(max(0.0, until_s - time.monotonic()))
        if self._opened is not None:
            self._opened.close()

    def _later(self, worker: Worker, task: Callable[[], object]) -> None:
        if worker.waiting >= MAX_LATER:
            self.dropped += 1
            return
        worker.do(task)

    def _disk(self) -> Check:
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            return Check(ok=False, detail=f"{self._folder}: {error.strerror}")
        return Check(ok=free >= LEAST_FREE, detail=f"{free >> 20} MiB free")

    def _memory(self) -> DurableMemory:
        """The memory, opened when it is first asked for. Raises StoreError."""
        with self._opening:
            if self._opened is None:
                try:
                    self._opened = self._open_memory()
                except (OSError, ValueError) as error:
                    raise StoreError(f"the memory cannot be opened: {error}") from error
            return self._opened

    def _maintain(self) -> None:
        while True:
            before = self._health
            try:
                self._flush()
            except Exception as error:
                if before.available:
                    _log.exception("the memory failed")
                self._health = Health(available=False, detail=str(error))
            if before.available != self._health.available:
                tell = _log.info if self._health.available else _log.warning
                tell("memory", available=self._health.available, detail=self._health.detail)
            if self._ending.wait(FLUSH_S):
                return

    def _flush(self) -> None:
        memory = self._memory()
        taken = memory.flush()
        if taken:
            _log.info("stored what waited", episodes=taken)
        self._health = memory.health()
