"""Reflexes without bus and processes: how soon, how often, how rightly, and at what cost.

Sound is fed in blocks of 10 ms. A reflex counts from the onset's first sample to the end of the block
that raised it, and an event without one counts as late.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bench.emily.rows import Row
from numpy.typing import NDArray

from emily.instinct.reflex import RATE_HZ, Ear, Firing, built_in, sounds

EVENTS = int(os.environ.get("EMILY_BENCH_EVENTS", "1000"))
NOISE_S = int(os.environ.get("EMILY_BENCH_NOISE_S", "600"))
LINE_MS = 40.0
"""10 ms of the 50 are left for the way to whoever acts."""

BLOCK = RATE_HZ // 100
SAMPLE_NS = 1_000_000_000 // RATE_HZ
SETTLE_S = 2.0
GAP_S = (0.55, 0.95)
"""From one onset to the next: longer than any refractory time and than the longest event."""

Pcm = NDArray[np.int16]
DRIFTS = {"steady": None, "drifting by 12 dB in 20 s": (12.0, 20.0)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of events in noise: inf ms for a miss."""

    latencies_ms: NDArray[np.float64]
    named: int
    doubles: int
    false: int


def rows() -> list[Row]:
    """Events in white and pink noise, noise alone, and the time that a block takes."""
    parts = [events(EVENTS // 2, noise, seed=seed) for seed, noise in enumerate(sounds.NOISES, 1)]
    latencies = np.concatenate([part.latencies_ms for part in parts])
    if len(latencies) != EVENTS // 2 * 2:
        raise RuntimeError("an event was not judged")
    p50, p90, p99 = np.quantile(latencies, (0.5, 0.9, 0.99), method="higher")
    in_time = float(np.mean(latencies <= LINE_MS))
    named = sum(part.named for part in parts) / len(latencies)
    doubles = sum(part.doubles for part in parts)
    false = sum(part.false for part in parts)
    return [
        Row(f"{len(latencies)} events at 0 dB: p50, p90", f"{p50:.1f}, {p90:.1f} ms"),
        Row("p99, a miss counted as late", f"{p99:.1f} ms", "<= 40 ms", bool(p99 <= LINE_MS)),
        Row("within 40 ms", f"{in_time:.2%}", ">= 99.3 %", in_time >= 0.993),
        Row("missed", str(int(np.isinf(latencies).sum()))),
        Row("named rightly", f"{named:.1%}", ">= 95 %", named >= 0.95),
        Row("fired twice for one event", str(doubles), "0", doubles == 0),
        Row("reflexes where nothing was", str(false), "0", false == 0),
        *(_alone(noise, name) for noise in sounds.NOISES for name in DRIFTS),
        *_costs(),
    ]


def events(count: int, noise: str, *, seed: int, snr_db: float = 0.0) -> Outcome:
    """What an ear makes of events at random samples of a noise."""
    rng = np.random.default_rng(seed)
    onsets = np.round((SETTLE_S + np.cumsum(rng.uniform(*GAP_S, count))) * RATE_HZ).astype(int)
    heard = sounds.NOISES[noise](rng, int(onsets[-1]) + RATE_HZ)
    kinds = rng.choice(list(sounds.EVENTS), count).tolist()
    for onset, kind in zip(onsets, kinds, strict=True):
        event = sounds.EVENTS[kind](rng)
        event *= np.sqrt(10 ** (snr_db / 10) / np.mean(np.square(event[sounds.active(event)])))
        heard[onset : onset + len(event)] += event
    firings, _ = listen(sounds.pcm(heard, 1000))
    latencies, named, doubles, false = np.full(count, np.inf), 0, 0, 0
    for firing in firings:
        at = firing.at_ns / SAMPLE_NS
        index = int(np.searchsorted(onsets, at, side="left")) - 1
        if index < 0 or at - onsets[index] > RATE_HZ / 2:
            false += 1
        elif np.isfinite(latencies[index]):
            doubles += 1
        else:
            latencies[index] = (at - onsets[index]) * 1000 / RATE_HZ
            named += firing.name == kinds[index]
    return Outcome(latencies, named, doubles, false)


def listen(pcm: Pcm) -> tuple[list[Firing], NDArray[np.float64]]:
    """The firings of a new ear, and the microseconds that each block took."""
    ear, firings, costs_us = Ear(built_in()), [], []
    for start in range(0, len(pcm) - BLOCK + 1, BLOCK):
        block = pcm[start : start + BLOCK]
        begin = time.perf_counter()
        firings += ear.hear(block, start * SAMPLE_NS)
        costs_us.append((time.perf_counter() - begin) * 1e6)
    return firings, np.array(costs_us)


def _alone(noise: str, name: str) -> Row:
    rng = np.random.default_rng(99)
    heard = sounds.NOISES[noise](rng, NOISE_S * RATE_HZ)
    if drift := DRIFTS[name]:
        heard *= sounds.drift(rng, len(heard), range_db=drift[0], period_s=drift[1])
    firings, _ = listen(sounds.pcm(heard, 1000))
    what = f"false reflexes in {NOISE_S / 60:.0f} min of {noise} noise, {name}"
    return Row(what, str(len(firings)), "<= 1", len(firings) <= 1)


def _costs() -> list[Row]:
    rng = np.random.default_rng(5)
    _, noise_us = listen(sounds.pcm(sounds.white(rng, 30 * RATE_HZ), 1000))
    made_ms = _ms(built_in)
    p50, p99 = np.quantile(noise_us, (0.5, 0.99))
    return [
        Row("a block of 10 ms: p50", f"{p50:.0f} us", "< 1 ms", bool(p50 < 1000)),
        Row("a block of 10 ms: p99", f"{p99:.0f} us"),
        Row("making the built-in registry", f"{made_ms:.0f} ms", "< 300 ms", made_ms < 300),
    ]


def _ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000
