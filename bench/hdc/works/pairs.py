"""One operation on one or two vectors: what a call from Python costs."""

import timeit
from collections.abc import Iterator

import numpy as np
from bench.hdc.data import DIM, Words, bits, distances, vectors
from bench.hdc.ours import bare, pairs
from bench.hdc.peers.pairs import PAIRS, SHIFT, Pair
from bench.hdc.race import Entrant, Figure, Pace, Role, WrongAnswerError, absent, race

SEED = 2


def run(size: int, pace: Pace) -> Iterator[Figure]:
    """Distance, bind and permute; the floor is a bare call of the same C function."""
    rows = vectors(2, np.random.default_rng(SEED))
    present: list[tuple[Role, Pair]] = [("floor", bare(rows))]
    present += [("ours", pair) for pair in pairs(rows)]
    for name, maker in PAIRS.items():
        try:
            present.append(("peer", maker(rows)))
        except Exception as error:  # whatever a library raises, it is the reason
            yield absent("distance", size, name, error)
    for work in ("distance", "bind", "permute"):
        entrants: list[Entrant] = []
        for role, pair in present:
            expression = pair.expressions.get(work)
            if expression is None:
                continue
            try:
                _check(work, pair, expression, rows)
            except WrongAnswerError as error:
                if role == "ours":
                    raise
                yield absent(work, size, f"{pair.library}: {expression}", error)
            else:
                entrants.append(_entrant(role, pair, expression))
        yield from race(work, size, entrants, pace)


def _check(work: str, pair: Pair, expression: str, rows: Words) -> None:
    found = eval(expression, dict(pair.names))  # an expression of ours, from peers/pairs.py
    a, b = bits(rows)[:, : pair.dim]
    if work == "distance":
        words = -(-pair.dim // 64)
        right = pair.number(found) == distances(rows[0, :words], rows[1:, :words])[0]
    else:
        bound = a ^ b if work == "bind" else np.roll(a, SHIFT)
        right = np.array_equal(pair.read(found), bound)
    if not right:
        raise WrongAnswerError("another result")


def _entrant(role: Role, pair: Pair, expression: str) -> Entrant:
    timer = timeit.Timer(expression, globals=dict(pair.names))

    def loop(count: int) -> None:
        timer.timeit(count)

    kind = f"{pair.dim:,} bits" if pair.dim < DIM else ""
    return Entrant(f"{pair.library}: {expression}", pair.library, role, loop, kind)
