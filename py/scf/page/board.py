"""The board: what the daemon last said of itself, and whether it still says anything."""

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

SILENT_S = 30.0
"""A daemon that said nothing for so long is not well."""


@dataclass(frozen=True, slots=True)
class Order:
    """Where the control file stands: the number of the last order obeyed, and how many were ignored."""

    seq: int = 0
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """A partition of the drive, in bytes."""

    name: str
    used: int
    quota: int


@dataclass(frozen=True, slots=True)
class Work:
    """The job in hand. `beat_at` is the time of its last heartbeat, in seconds since 1970."""

    job: str
    model: str
    recipe: str
    generation: int
    runner: str = ""
    stage: str = ""
    attempt: int = 0
    step: int = 0
    of: int = 0
    beat_at: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """A version in the registry, or a job that failed, with the reason and no metrics."""

    model: str
    recipe: str
    generation: int
    job: str
    version: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    champion: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was made; `week` is its Monday, as in week-2031-03-10."""

    week: str
    model: str
    version: int
    digest: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the page and the metrics tell. What is not known yet is left as it is here."""

    gear: str
    phase: str
    period_s: float = 0.0
    """How often the daemon looks, in this gear."""
    locked: bool = False
    control: Order = Order()
    code: str = ""
    started_at: float | None = None
    """Seconds since 1970."""
    cycles: int = 0
    rooms: tuple[Room, ...] = ()
    fossils: int = 0
    shards: int = 0
    due: int = 0
    """How many fossils the vault has to hold for the next generation."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """How much input was refused, by reason."""
    work: Work | None = None
    generations: tuple[Generation, ...] = ()
    """The last ones, the newest first."""
    metric: str = ""
    """By which figure a champion is chosen."""
    releases: tuple[Release, ...] = ()
    """The last ones, the newest first."""
    log_size: int = 0
    log_root: str = ""
    """Of the log's Merkle tree, in hex."""
    ledger_entries: int = 0
    ledger_head: str = ""
    balances: Mapping[str, int] = field(default_factory=dict)
    """What each account of the ledger holds, in millijoules."""
    problems: tuple[str, ...] = ()
    """What is wrong now, a line each: then the daemon is not well."""
    errors: int = 0
    """How many errors it met since it started."""
    density: Path | None = None
    """A picture of the learned density, SVG."""
    atlas: Path | None = None
    """A picture of the vault's energy atlas, SVG."""


class Board:
    """Takes what the daemon says, and shows the last of it to any thread; saying it costs next to nothing.

    `clock` gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._heard = -math.inf
        self._json: tuple[Snapshot | None, str] = (None, "null")

    def publish(self, snapshot: Snapshot) -> None:
        """Show this from now on."""
        with self._lock:
            self._snapshot = snapshot
            self._heard = self._clock()

    def beat(self) -> None:
        """Say that nothing has changed: for cycles that came to nothing."""
        with self._lock:
            self._heard = self._clock()

    @property
    def snapshot(self) -> Snapshot | None:
        """What was published last."""
        with self._lock:
            return self._snapshot

    @property
    def silent_s(self) -> float:
        """For how long the daemon said nothing, in seconds; for ever before it first did."""
        with self._lock:
            return self._clock() - self._heard

    def troubles(self) -> tuple[str, ...]:
        """What is wrong, a line each; nothing when the daemon is well."""
        snapshot, silent = self.snapshot, self.silent_s
        if snapshot is None:
            return ("the daemon has not begun",)
        if silent > SILENT_S:
            return (f"the daemon has said nothing for {silent:.0f} s", *snapshot.problems)
        return snapshot.problems

    def json(self) -> bytes:
        """The state as JSON; figures that are not finite are null, since JSON has none."""
        snapshot, silent = self.snapshot, self.silent_s
        with self._lock:
            if snapshot is not self._json[0]:
                self._json = (snapshot, json.dumps(_plain(snapshot), allow_nan=False))
            text = self._json[1]
        told = {
            "at": time.time(),
            "silent_s": silent if math.isfinite(silent) else None,
            "troubles": self.troubles(),
        }
        head = json.dumps(told)
        return f'{head[:-1]}, "snapshot": {text}}}\n'.encode()


def _plain(value: object) -> object:
    """As JSON can hold it; of a picture, that there is one."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Path():
            return True
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case tuple():
            return [_plain(each) for each in value]
        case Snapshot() | Order() | Room() | Work() | Generation() | Release():
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value
