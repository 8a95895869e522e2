"""Onset to published reflex: sound in real time, over a Zenoh router, with the other tiers loaded.

The clock starts at the onset's first sample and ends when another process has received the reflex. A
reflex that does not come counts as late.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bench.emily.load import Load
from bench.emily.rows import Row
from numpy.typing import NDArray

from emily.contracts.messages import ReflexEvent
from emily.contracts.topics import REFLEX
from emily.instinct.reflex import sounds
from emily.nervous_system.node import Message, Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service.priority import raise_priority
from emily.service.senses import BLOCK, RATE_HZ, Pcm, play
from running_loop import running, write_settings

EVENTS = int(os.environ.get("EMILY_BENCH_EVENTS", "1000"))
DEADLINE_MS = 50.0
SETTLE_S = 3.0
GAP_S = (0.55, 0.95)
"""From one onset to the next: longer than any refractory time and than the longest sound."""


@dataclass(frozen=True, slots=True)
class Track:
    """A made sound with the onsets of its events, in samples, and what they are."""

    pcm: Pcm
    onsets: NDArray[np.int64]
    kinds: tuple[str, ...]


def track(events: int, noise: str, *, seed: int, snr_db: float = 0.0) -> Track:
    """Make a noise with events at a signal-to-noise ratio, each at a random sample."""
    rng = np.random.default_rng(seed)
    gaps = rng.uniform(*GAP_S, events)
    onsets = np.round((SETTLE_S + np.cumsum(gaps)) * RATE_HZ).astype(np.int64)
    background = sounds.NOISES[noise](rng, int(onsets[-1]) + 2 * RATE_HZ)
    kinds = tuple(str(kind) for kind in rng.choice(sorted(sounds.EVENTS), events))
    heard = background.copy()
    for onset, kind in zip(onsets, kinds, strict=True):
        event = sounds.EVENTS[kind](rng)
        here = slice(int(onset), int(onset) + len(event))
        heard[here] = sounds.mix(event, background[here], snr_db)
    return Track(sounds.pcm(heard, 500.0), onsets, kinds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Milliseconds from each onset to its reflex, inf for a miss; what fired where nothing was."""

    latencies_ms: NDArray[np.float64]
    named: float
    false: int
    doubles: int


def judge(made: Track, start_ns: int, received: list[tuple[int, ReflexEvent]]) -> Outcome:
    """Give each onset the first reflex that came within half a second of it."""
    onsets_ns = start_ns + made.onsets * 1_000_000_000 // RATE_HZ
    latencies = np.full(len(onsets_ns), np.inf)
    right = false = doubles = 0
    for at_ns, event in received:
        index = int(np.searchsorted(onsets_ns, at_ns, side="right")) - 1
        if index < 0 or at_ns - onsets_ns[index] > 500_000_000:
            false += 1
        elif np.isfinite(latencies[index]):
            doubles += 1
        else:
            latencies[index] = (at_ns - onsets_ns[index]) / 1e6
            right += event.name == made.kinds[index]
    return Outcome(latencies, right / len(onsets_ns), false, doubles)


def measure(events: int, noise: str, *, seed: int) -> Outcome:
    """Play a track to the whole loop under load, and collect the reflexes in this process."""
    made = track(events, noise, seed=seed)
    received: list[tuple[int, ReflexEvent]] = []

    def heard(message: Message[ReflexEvent]) -> None:
        received.append((time.monotonic_ns(), message.body))

    with TemporaryDirectory() as folder:
        config = write_settings(Path(folder))
        with running(config) as loop:
            bus = ZenohBus(loop.settings.bus.router)
            node = Node(bus, "test", "bench")
            node.subscribe(REFLEX, heard)
            start_ns = time.monotonic_ns() + 500_000_000
            with Load(loop):
                microphone = threading.Thread(
                    target=_record, args=(node, made.pcm, start_ns), name="microphone"
                )
                microphone.start()
                microphone.join()
                time.sleep(0.5)
            bus.close()
    return judge(made, start_ns, received)


def _record(node: Node, pcm: Pcm, start_ns: int) -> None:
    """Play on a thread that is not kept waiting: a microphone has a clock of its own."""
    raise_priority()
    play(node, "bench", blocks(pcm), start_ns=start_ns)


def blocks(pcm: Pcm) -> Iterator[Pcm]:
    """Cut the sound into blocks of 10 ms."""
    yield from pcm[: len(pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)


def histogram(latencies_ms: NDArray[np.float64]) -> str:
    """Draw the latencies in steps of 5 ms, with the deadline."""
    lines = []
    counts, edges = np.histogram(latencies_ms[np.isfinite(latencies_ms)], np.arange(0, 105, 5))
    for count, low in zip(counts, edges[:-1], strict=True):
        bar = "#" * int(np.ceil(count / max(1, counts.max()) * 50))
        lines.append(f"{low:4.0f} ms {count:5} {bar}")
        if low + 5 == DEADLINE_MS:
            lines.append("-" * 20 + " 50 ms")
    late = int(np.sum(latencies_ms >= 100))
    return "\n".join([*lines, f"later or never {late}"])


def rows() -> list[Row]:
    """Play half of the events in white noise, half in pink."""
    parts = [
        measure(EVENTS // 2, noise, seed=seed) for seed, noise in enumerate(("white", "pink"), 11)
    ]
    latencies = np.concatenate([part.latencies_ms for part in parts])
    if len(latencies) < EVENTS // 2 * 2:
        raise AssertionError("an event was not judged")
    print(histogram(latencies))
    p50, p90, p99 = np.quantile(latencies, (0.5, 0.9, 0.99), method="higher")
    late = int(np.sum(latencies > DEADLINE_MS))
    named = np.mean([part.named for part in parts])
    false, doubles = (sum(getattr(part, name) for part in parts) for name in ("false", "doubles"))
    return [
        Row(f"p50 of {len(latencies)} events at 0 dB", f"{p50:.1f} ms"),
        Row("p90", f"{p90:.1f} ms"),
        Row("p99, a miss counted as late", f"{p99:.1f} ms", "< 50 ms", bool(p99 < DEADLINE_MS)),
        Row("late or missed", f"{late} of {len(latencies)}"),
        Row("named rightly", f"{named:.1%}"),
        Row("reflexes where nothing was", str(false), "0", false == 0),
        Row("fired twice for one event", str(doubles), "0", doubles == 0),
    ]
