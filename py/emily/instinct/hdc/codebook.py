"""A table of symbols and their atomic hypervectors."""

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Self

import numpy as np
import numpy.typing as npt

from emily.instinct.hdc.errors import HdcError, MemoryFileError, ShapeError
from emily.instinct.hdc.files import StrPath, open_file, replacing, system_errors
from emily.instinct.hdc.memory import ItemMemory
from emily.instinct.hdc.packing import DIM, Seed
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

_FORMAT = b"emily-codebook-1"


class Codebook:
    """Symbols, each with a hypervector of its own; the order of the symbols is that of the rows.

    Raises HdcError when a symbol occurs twice or the counts of symbols and vectors differ.
    """

    def __init__(self, symbols: Iterable[str], vectors: Hypervectors) -> None:
        self.symbols = tuple(symbols)
        self.vectors = vectors
        self._rows = {symbol: row for row, symbol in enumerate(self.symbols)}
        if len(self.symbols) != len(vectors):
            raise ShapeError(f"symbols has {len(self.symbols)} and vectors {len(vectors)} entries")
        if len(self._rows) != len(self.symbols):
            twice = next(s for row, s in enumerate(self.symbols) if self._rows[s] != row)
            raise HdcError(f"symbols holds {twice!r} twice")
        self._table = _character_table(self.symbols)
        self._memory: ItemMemory | None = None

    @classmethod
    def random(cls, symbols: Iterable[str], dim: int = DIM, *, seed: Seed) -> Self:
        """A codebook of random hypervectors; the same symbols and seed give the same ones."""
        names = tuple(symbols)
        return cls(names, Hypervectors.random(len(names), dim, seed=seed))

    @property
    def dim(self) -> int:
        """The dimension of the hypervectors in bits."""
        return self.vectors.dim

    def __len__(self) -> int:
        return len(self.symbols)

    def __iter__(self) -> Iterator[str]:
        return iter(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._rows

    def __getitem__(self, symbol: str) -> Hypervector:
        return self.vectors[int(self.indices([symbol])[0])]

    def indices(self, symbols: Sequence[str]) -> npt.NDArray[np.int32]:
        """The rows of m symbols, int32 of shape (m,); a string is a sequence of its characters.

        Raises HdcError at a symbol that the codebook does not hold.
        """
        if isinstance(symbols, str) and self._table is not None:
            codes = np.frombuffer(symbols.encode("utf-32-le", "surrogatepass"), "<u4")
            rows = self._table.take(codes, mode="clip")
        else:
            rows = np.array([self._rows.get(symbol, -1) for symbol in symbols], np.int32)
        if rows.size and rows.min() < 0:
            place = int(rows.argmin())
            raise HdcError(f"symbols[{place}] is {symbols[place]!r}, which the codebook lacks")
        return rows

    def encode(self, symbols: Sequence[str]) -> Hypervectors:
        """The hypervectors of m symbols: m rows, copied."""
        return self.vectors[self.indices(symbols)]

    def decode(self, vectors: Hypervectors) -> list[str]:
        """The nearest symbol of each of m hypervectors; the first of equally near ones."""
        nearest = vectors.distances(self.vectors).argmin(axis=1)
        return [self.symbols[row] for row in nearest.tolist()]

    def cleanup(self, vector: Hypervector, false_accept: float = 1e-9) -> str | None:
        """The nearest symbol, or None when a random vector might be as near.

        `false_accept` is the probability with which a random vector is taken for any symbol.
        """
        if (memory := self._memory) is None:
            memory = ItemMemory(self.dim)
            memory.add(self.vectors)
            self._memory = memory
        row = memory.cleanup(vector, false_accept)
        return None if row is None else self.symbols[row]

    def save(self, path: StrPath) -> None:
        """Write a file that `load` reads, replacing one that is there as a whole.

        A line with the format and the SHA-256 of all that follows, a line of JSON with the symbols
        and the dimension, the vectors in wire form. Raises MemoryFileError.
        """
        head = json.dumps({"dim": self.dim, "symbols": self.symbols}).encode()
        rest = head + b"\n" + self.vectors.to_wire()
        with replacing(path) as file:
            file.write(b"%s %s\n%s" % (_FORMAT, sha256(rest).hexdigest().encode(), rest))

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read what `save` wrote.

        Raises MemoryFileError when it is missing, is no codebook, was cut short or changed.
        """
        with system_errors(path, "read"), open_file(path) as file:
            data = file.read()
        first, _, rest = data.partition(b"\n")
        form, _, digest = first.partition(b" ")
        if form != _FORMAT:
            raise MemoryFileError(f"{path} is no codebook of the format {_FORMAT.decode()}")
        if digest != sha256(rest).hexdigest().encode():
            raise MemoryFileError(f"{path} is damaged: its checksum differs")
        head, _, wire = rest.partition(b"\n")
        try:
            facts = json.loads(head)
            symbols = facts["symbols"]
            if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
                raise TypeError("symbols must be a list of strings")
            return cls(symbols, Hypervectors.from_wire(wire, facts["dim"]))
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise MemoryFileError(f"{path} holds no codebook: {error}") from error


def _character_table(symbols: Sequence[str]) -> npt.NDArray[np.int32] | None:
    """Rows by code point, -1 where there is none and at the end; None for longer symbols."""
    if not symbols or any(len(symbol) != 1 for symbol in symbols):
        return None
    table = np.full(max(map(ord, symbols)) + 2, -1, np.int32)
    table[[ord(symbol) for symbol in symbols]] = np.arange(len(symbols))
    return table
