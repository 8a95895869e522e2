"""XOR of N pairs of vectors at once."""

from collections.abc import Callable, Iterator

import numpy as np
from bench.hdc import floor
from bench.hdc.data import Words, aligned, make
from bench.hdc.ours import several
from bench.hdc.peers.torch import torch
from bench.hdc.race import Entrant, Figure, Pace, Role, WrongAnswerError, absent, race

WORK = "bulk bind"
OTHER = 9  # the seed of the right operands

Bind = Callable[[], Words]


def run(size: int, pace: Pace) -> Iterator[Figure]:
    """Ours, NumPy and PyTorch; the floor reads both operands and writes nothing."""
    left, right = make(size).rows, make(size, seed=OTHER).rows
    wanted = left ^ right
    entrants = [_reading(left, right)]
    for who, maker in BINDERS.items():
        library = who.split()[0]
        try:
            bind = maker(left, right)
        except ImportError as error:
            yield absent(WORK, size, who, error)
            continue
        if not np.array_equal(bind(), wanted):
            raise WrongAnswerError(f"{who}: another product")
        role: Role = "ours" if library == "emily" else "peer"
        entrants.append(Entrant(who, library, role, _loop(bind)))
    yield from race(WORK, size, entrants, pace)


def _ours(left: Words, right: Words) -> Bind:
    a, b, out = several(left), several(right), several(aligned(len(left)))

    def bind() -> Words:
        return a.bind(b, out).rows

    return bind


def _numpy(left: Words, right: Words) -> Bind:
    out = aligned(len(left))
    return lambda: np.bitwise_xor(left, right, out=out)


def _numpy_new(left: Words, right: Words) -> Bind:
    return lambda: np.bitwise_xor(left, right)


def _torch(left: Words, right: Words) -> Bind:
    library = torch()
    a, b = (library.from_numpy(rows.view(np.int64)) for rows in (left, right))
    result = aligned(len(left))
    out = library.from_numpy(result.view(np.int64))

    def bind() -> Words:
        library.bitwise_xor(a, b, out=out)
        return result

    return bind


BINDERS: dict[str, Callable[[Words, Words], Bind]] = {
    "emily bind, out": _ours,
    "numpy bitwise_xor, out": _numpy,
    "numpy bitwise_xor, new": _numpy_new,
    "torch bitwise_xor, out": _torch,
}


def _reading(left: Words, right: Words) -> Entrant:
    first, second = floor.read(left)[0], floor.read(right)[0]

    def loop(count: int) -> None:
        for _ in range(count):
            first.loop(1)
            second.loop(1)

    return Entrant("read floor: both operands", "floor", "floor", loop)


def _loop(bind: Bind) -> Callable[[int], None]:
    def loop(count: int) -> None:
        for _ in range(count):
            bind()

    return loop
