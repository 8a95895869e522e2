"""Top-10 of N rows: one query, a batch of 256, and the batch on two threads."""

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.hdc import check, floor
from bench.hdc.data import LINES, QUERIES, Data, make
from bench.hdc.ours import Memory
from bench.hdc.peers.protocol import Searcher
from bench.hdc.peers.registry import SEARCHERS
from bench.hdc.race import Entrant, Figure, Loop, Pace, Role, absent, calls, race

SHARES = (256, 128, 64, 32)  # queries at once, for who would take too long over all
LONG, SHORT = 3.0, 1.0  # seconds that all queries may take, or else a part of them
PROBES = 8  # single queries whose answers are checked


@dataclass(frozen=True, slots=True)
class _Player:
    """A searcher that has the rows, and how long that took."""

    searcher: Searcher
    role: Role
    setup: float

    def entrant(self, loop: Loop, count: int = QUERIES, threads: int = 1) -> Entrant:
        """Takes part with a loop over `count` of the queries."""
        player, scale = self.searcher, QUERIES / count
        return Entrant(
            player.name, player.library, self.role, loop, player.kind, scale, self.setup, threads
        )


def run(size: int, pace: Pace) -> Iterator[Figure]:
    """All three works on the same rows."""
    data, memory = make(size), Memory()
    players = [_prepare(memory, "ours", data)]
    for name, family in SEARCHERS.items():
        try:
            members = family()
            for member in members:
                if size > member.most:
                    yield absent("single", size, member.name, member.why)
                else:
                    players.append(_prepare(member, "peer", data))
        except Exception as error:  # whatever a library raises, it is the reason
            yield absent("single", size, name, error)
    yield from _single(data, players, floor.read(memory.rows()), pace)
    yield from _batch(data, players, pace)
    yield from _threads(data, players, pace)


def _prepare(searcher: Searcher, role: Role, data: Data) -> _Player:
    start = time.perf_counter()
    searcher.prepare(data)
    searcher.use(1)
    return _Player(searcher, role, time.perf_counter() - start)


def _single(
    data: Data, players: list[_Player], floors: list[Entrant], pace: Pace
) -> Iterator[Figure]:
    entrants = list(floors)
    for player in players:
        try:
            for number in range(PROBES):
                answer = player.searcher.answer(player.searcher.single(number))
                check.nearest(answer, data, number, 1, player.searcher.dim)
        except Exception as error:
            yield _refused("single", data.size, player, error)
        else:
            entrants.append(player.entrant(calls(player.searcher.single)))
    yield from race("single", data.size, entrants, pace)


def _batch(data: Data, players: list[_Player], pace: Pace) -> Iterator[Figure]:
    entrants = floor.compute(data.size * QUERIES * LINES)
    for player in players:
        if data.size <= player.searcher.most_batch:
            try:
                entrants.append(_checked(data, player, 1))
            except Exception as error:
                yield _refused("batch", data.size, player, error)
    yield from race("batch", data.size, entrants, pace)


def _threads(data: Data, players: list[_Player], pace: Pace) -> Iterator[Figure]:
    alone = copy.copy(players[0].searcher)
    alone.use(1)
    entrants = [_checked(data, _Player(alone, "ours", 0), 1)]
    for player in players:
        if player.searcher.threaded and data.size <= player.searcher.most_batch:
            try:
                player.searcher.use(2)
                entrants.append(_checked(data, player, 2))
            except Exception as error:
                yield _refused("threads", data.size, player, error)
    yield from race("threads", data.size, entrants, pace)


def _checked(data: Data, player: _Player, threads: int) -> Entrant:
    """Who answered a batch rightly, of a size that it finishes in reasonable time."""
    searcher = player.searcher
    searcher.batch(SHARES[-1])
    start = time.perf_counter()
    searcher.batch(SHARES[-1])
    one = (time.perf_counter() - start) / SHARES[-1]
    limit = LONG if QUERIES * one <= LONG else SHORT
    count = next((share for share in SHARES if share * one <= limit), SHARES[-1])
    check.nearest(searcher.answer(searcher.batch(count)), data, 0, count, searcher.dim)

    def loop(times: int) -> None:
        for _ in range(times):
            searcher.batch(count)

    return player.entrant(loop, count, threads)


def _refused(work: str, size: int, player: _Player, error: Exception) -> Figure:
    if player.role == "ours":
        raise error
    return absent(work, size, player.searcher.name, error)
