"""Plays sound into the bus as a microphone would: blocks of 10 ms, each sent when it has been heard."""

import time
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from emily.contracts.messages import Stimulus
from emily.contracts.topics import SENSE
from emily.nervous_system.node import Node

RATE_HZ = 16_000
BLOCK = 160
"""Samples of a block, 10 ms."""
_BLOCK_NS = BLOCK * 1_000_000_000 // RATE_HZ

Pcm = NDArray[np.int16]


def blocks(pcm: Pcm) -> Iterator[Pcm]:
    """Cut sound, int16 of shape (n,), into whole blocks; what is left over is dropped."""
    yield from pcm[: len(pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)


def play(node: Node, source: str, sound: Iterable[Pcm], *, start_ns: int | None = None) -> None:
    """Send blocks of 160 samples in real time, from `start_ns` on; return when the last was sent."""
    begin_ns = time.monotonic_ns() if start_ns is None else start_ns
    for number, block in enumerate(sound):
        t0_ns = begin_ns + number * _BLOCK_NS
        wait_s = (t0_ns + _BLOCK_NS - time.monotonic_ns()) / 1e9
        if wait_s > 0:
            time.sleep(wait_s)
        node.publish(
            SENSE,
            Stimulus(kind="pcm", t0_ns=t0_ns, seq=number, rate_hz=RATE_HZ),
            attachment=block.astype("<i2").tobytes(),
            modality="audio",
            source=source,
        )


def see(node: Node, features: Iterable[float], *, source: str = "camera") -> None:
    """Send features as seen now, each from 0 to 1."""
    node.publish(
        SENSE,
        Stimulus(kind="features", t0_ns=time.monotonic_ns(), features=tuple(features)),
        modality="visual",
        source=source,
    )
