"""Sequences of symbols as hypervectors of their n-grams.

Joshi, Halseth & Kanerva 2016 ("Language geometry using random indexing", Quantum Interaction).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emily.instinct.hdc.bundling import Counters, bundle_groups, bundle_products
from emily.instinct.hdc.codebook import Codebook
from emily.instinct.hdc.errors import HdcError
from emily.instinct.hdc.packing import whole
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors


class NGramEncoder:
    """The majority of a sequence's n-grams, each the XOR of its symbols' permuted hypervectors.

    With p for one permutation, the n-gram s1 s2 ... sn is p^(n-1)(s1) ^ p^(n-2)(s2) ^ ... ^ sn.

    Raises HdcError when n is below 1 or above the dimension, after which permutations repeat.
    """

    def __init__(self, codebook: Codebook, n: int = 3) -> None:
        self.codebook = codebook
        self.n = n = whole("n", n, 1, codebook.dim)
        self._tables = [codebook.vectors.permute(n - 1 - place) for place in range(n)]

    @property
    def dim(self) -> int:
        """The dimension of the hypervectors in bits."""
        return self.codebook.dim

    def encode(self, text: Sequence[str], out: Hypervector | None = None) -> Hypervector:
        """The hypervector of a sequence of at least n symbols; a string is one of characters.

        Raises HdcError when the sequence is shorter or holds an unknown symbol.
        """
        return bundle_products(self._tables, self._ngrams(text), out)

    def encode_batch(self, texts: Sequence[Sequence[str]], *, threads: int = 1) -> Hypervectors:
        """The hypervectors of m sequences: m rows.

        Raises HdcError when one of them cannot be encoded, and says which.
        """
        ngrams = []
        for number, text in enumerate(texts):
            try:
                ngrams.append(self._ngrams(text))
            except HdcError as error:
                raise HdcError(f"texts[{number}]: {error}") from error
        if not ngrams:
            return Hypervectors.zeros(0, self.dim)
        ends = np.cumsum([len(rows) for rows in ngrams])
        return bundle_groups(self._tables, np.concatenate(ngrams), ends, threads=threads)

    def count(self, text: Sequence[str], counters: Counters, weight: int = 1) -> None:
        """Add a sequence's n-grams to counters, each with the same weight.

        Raises HdcError as `encode` does; the counters are then unchanged.
        """
        counters.add_products(self._tables, self._ngrams(text), weight)

    def _ngrams(self, text: Sequence[str]) -> npt.NDArray[np.int32]:
        """The rows of every n symbols that follow each other: int32, (len(text) - n + 1, n)."""
        if len(text) < self.n:
            raise HdcError(f"text has {len(text)} symbols, an n-gram {self.n}")
        rows, count = self.codebook.indices(text), len(text) - self.n + 1
        ngrams = np.empty((count, self.n), np.int32)
        for place in range(self.n):
            ngrams[:, place] = rows[place : place + count]
        return ngrams
