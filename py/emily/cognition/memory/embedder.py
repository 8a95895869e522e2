"""Texts as vectors: what an embedder does, and one that needs neither a model nor a network."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emily.cognition.memory.record import DIM, check_content

_WORD = 4
_PAIR = 2
_GRAM = 1
"""How much a word, two words in a row and a few letters in a row count."""

_GRAM_LENGTHS = (3, 4, 5)
_BLOCK = 1024
"""Features that are projected at once."""


class Embedder(Protocol):
    """Makes texts into vectors whose cosines tell how alike the texts are."""

    def embed(self, text: str) -> NDArray[np.float32]:
        """A vector of shape (384,) and length 1. Raises EpisodeError for a text that is no content."""
        ...


class NgramEmbedder:
    """Counts words, pairs of words and the 3 to 5 letters in a row within words, projected at random.

    It knows no meanings: texts are alike that share words or parts of words. Each feature's 384 signs
    are the bits of its BLAKE2b hash (feature hashing, Weinberger et al. 2009, ICML; random projection
    with signs, Achlioptas 2003, J. Comput. Syst. Sci. 66(4)). All sums are of whole numbers, so that
    every machine gives the same vector, bit for bit.
    """

    def embed(self, text: str) -> NDArray[np.float32]:
        """A vector of shape (384,) and length 1. Raises EpisodeError for a text that is no content."""
        features = iter(_features(check_content(text)).items())
        total = np.zeros(DIM, np.int64)
        while block := list(islice(features, _BLOCK)):
            hashes = b"".join(_hash(feature) for feature, _ in block)
            octets = np.frombuffer(hashes, np.uint8).reshape(len(block), DIM // 8)
            signs = 2 * np.unpackbits(octets, axis=1).astype(np.int64) - 1
            total += np.array([weight for _, weight in block], np.int64) @ signs
        if not total.any():  # opposite signs throughout
            total[0] = 1
        length = np.sqrt(np.float64(np.dot(total, total)))
        vector: NDArray[np.float64] = total / length
        return vector.astype(np.float32)


def _hash(feature: str) -> bytes:
    return blake2b(feature.encode(), digest_size=DIM // 8).digest()


def _features(text: str) -> Counter[str]:
    """What is counted, and its weight: the number of times grows it as its binary digits do."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = re.findall(r"\w+", plain) or plain.split()
    counted: Counter[str] = Counter()
    for weight, found in (
        (_WORD, Counter(f"w{word}" for word in words)),
        (_PAIR, Counter(f"p{first} {second}" for first, second in pairwise(words))),
        (_GRAM, Counter(f"g{gram}" for word in words for gram in _grams(word))),
    ):
        for feature, times in found.items():
            counted[feature] = weight * times.bit_length()
    return counted


def _grams(word: str) -> Iterator[str]:
    bounded = f"<{word}>"
    for length in _GRAM_LENGTHS:
        for start in range(len(bounded) - length + 1):
            yield bounded[start : start + length]
