"""Emily's own vectors, in the same roles as the peers."""

from typing import cast

import numpy as np
from bench.hdc.data import DIM, WORDS, Bits, Data, Words
from bench.hdc.peers.pairs import SHIFT, Pair
from bench.hdc.peers.protocol import ANY, TOP, Answer, Defaults, integers

from emily.instinct.hdc import Hypervector, Hypervectors, ItemMemory, Matches, bundle
from emily.instinct.hdc.kernel import lib


def several(rows: Words) -> Hypervectors:
    """Rows (n, 160) as hypervectors."""
    return Hypervectors.from_words(rows[:, :WORDS], DIM)


class Memory(Defaults):
    """`ItemMemory.search` into results that are reused, with the pruning index where wanted."""

    name = "emily ItemMemory.search"
    library = "emily"
    most_batch = ANY
    threaded = True

    def __init__(self, k: int = TOP, *, indexed: bool = False) -> None:
        self.k, self.indexed = k, indexed
        if indexed:
            self.name += ", index"

    def prepare(self, data: Data) -> None:
        """Copy the rows into a memory."""
        self.memory = ItemMemory(DIM)
        self.memory.add(several(data.rows))
        if self.indexed:
            self.memory.index()
        self.use(1)
        self.ask(data)

    def ask(self, data: Data) -> None:
        """Take the queries."""
        self.queries = several(data.queries)
        self.each = list(self.queries)
        self.one = self.memory.search(self.each[0], self.k)
        self.parts: dict[int, tuple[Hypervectors, Matches]] = {}

    def use(self, threads: int) -> None:
        """A keyword of the call."""
        self.threads = threads

    def single(self, number: int) -> object:
        """Search for one query."""
        return self.memory.search(self.each[number], self.k, threads=self.threads, out=self.one)

    def batch(self, count: int) -> object:
        """Search for the first `count` queries."""
        if count not in self.parts:
            part = self.queries[:count]
            self.parts[count] = part, self.memory.search(part, self.k)
        part, out = self.parts[count]
        return self.memory.search(part, self.k, threads=self.threads, out=out)

    def answer(self, found: object) -> Answer:
        """Distances and numbers, both (q, k)."""
        matches = cast("Matches", found)
        return Answer(
            np.atleast_2d(integers(matches.distances)), np.atleast_2d(integers(matches.ids))
        )

    def rows(self) -> Words:
        """The very words that a search reads."""
        return self.memory.vectors.rows


class Bundle(Defaults):
    """`bundle` into a vector that is reused."""

    name = "emily bundle"
    library = "emily"

    def prepare(self, data: Data) -> None:
        """Copy the rows."""
        self.vectors = several(data.rows)
        self.out = Hypervector.zeros(DIM)

    def bundle(self) -> object:
        """The majority."""
        return bundle(self.vectors, out=self.out)

    def bits(self, found: object) -> Bits:
        """Read as booleans."""
        return cast("Hypervector", found).bits()


def pairs(rows: Words) -> list[Pair]:
    """Into a vector that exists, and into a new one."""
    a, b = several(rows)
    names = {"a": a, "b": b, "c": Hypervector.zeros(DIM)}
    reused = {
        "distance": "a.distance(b)",
        "bind": "a.bind(b, c)",
        "permute": f"a.permute({SHIFT}, c)",
    }
    fresh = {"bind": "a ^ b", "permute": f"a.permute({SHIFT})"}
    return [Pair("emily", names, reused, _bits), Pair("emily, new", names, fresh, _bits)]


def bare(rows: Words) -> Pair:
    """The same C functions on the pointers that our objects hold, and nothing else."""
    a, b = several(rows)
    c = Hypervector.zeros(DIM)
    names = {
        "distance": lib.sov_hdc_distance,
        "bind": lib.sov_hdc_bind,
        "rotate": lib.sov_hdc_rotate,
        "pa": a._c,
        "pb": b._c,
        "pc": c._c,
        "objects": (a, b, c),  # which hold the memory
    }
    expressions = {
        "distance": "distance(pa, pb)",
        "bind": "bind(pc, pa, pb)",
        "permute": f"rotate(pc, pa, {SHIFT})",
    }
    return Pair("bare cffi", names, expressions, lambda _: c.bits())


def _bits(found: object) -> Bits:
    return cast("Hypervector", found).bits()
