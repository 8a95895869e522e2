"""The nearest of N rows, exactly, with the index that lets most of each row unread."""

from collections.abc import Iterator

import numpy as np
from bench.hdc import check, floor
from bench.hdc.data import Data, flip, make
from bench.hdc.ours import Memory
from bench.hdc.race import Entrant, Figure, Pace, Role, calls, race

FLIPS = (5, 10, 25, 33, 40, 45)  # per cent of a query's bits
QUERIES = 32
CHECKED = 4
SEED = 5


def work(size: int) -> str:
    """Its name; what varies in it is the share of bits flipped."""
    return f"nearest of {size:,} rows, by per cent of bits flipped"


def run(size: int, pace: Pace) -> Iterator[Figure]:
    """With and without the index, at each distance between a query and its row."""
    data = make(size)
    memories: list[tuple[Role, Memory]] = [("peer", Memory(1)), ("ours", Memory(1, indexed=True))]
    for _, memory in memories:
        memory.prepare(data)
    for share in FLIPS:
        random = np.random.default_rng((SEED, share))
        chosen = random.integers(0, size, QUERIES)
        asked = Data(data.rows, flip(data.rows[chosen], share / 100, random), CHECKED)
        entrants = floor.read(memories[0][1].rows())
        for role, memory in memories:
            memory.ask(asked)
            for number in range(CHECKED):
                answer = memory.answer(memory.single(number))
                check.nearest(answer, asked, number, 1)
            entrants.append(Entrant(memory.name, memory.name, role, calls(memory.single, QUERIES)))
        yield from race(work(size), share, entrants, pace)
