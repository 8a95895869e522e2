"""The majority of N vectors, N odd."""

import time
from collections.abc import Iterator

import numpy as np
from bench.hdc import floor
from bench.hdc.data import Bits, Data, make
from bench.hdc.ours import Bundle
from bench.hdc.peers.protocol import Bundler
from bench.hdc.peers.registry import BUNDLERS
from bench.hdc.race import Entrant, Figure, Pace, Role, WrongAnswerError, absent, race

WORK = "bundle"


def run(size: int, pace: Pace) -> Iterator[Figure]:
    """Ours and every peer on the same vectors; the floor reads them."""
    data = make(size)
    right = data.row_bits.sum(axis=0) > size // 2
    entrants = [*floor.read(data.rows), _checked(Bundle(), "ours", data, right)]
    for name, maker in BUNDLERS.items():
        try:
            entrants.append(_checked(maker(), "peer", data, right))
        except Exception as error:  # whatever a library raises, it is the reason
            yield absent(WORK, size, name, error)
    yield from race(WORK, size, entrants, pace)


def _checked(bundler: Bundler, role: Role, data: Data, right: Bits) -> Entrant:
    start = time.perf_counter()
    bundler.prepare(data)
    setup = time.perf_counter() - start
    if not np.array_equal(bundler.bits(bundler.bundle()), right[: bundler.dim]):
        raise WrongAnswerError("the majority differs")
    bundle = bundler.bundle

    def loop(count: int) -> None:
        for _ in range(count):
            bundle()

    return Entrant(bundler.name, bundler.library, role, loop, kind=bundler.kind, setup=setup)
