"""Entropy from counts.

Shannon, C. E. (1948): A mathematical theory of communication. Bell System Technical Journal 27.
Miller, G. A. (1955): Note on the bias of information estimates. In Quastler (ed.), Information theory
in psychology, Free Press: counts of a sample show too little entropy, by about (m - 1) / 2n nats, where
m of the bins are not empty and n is what was counted (the Miller-Madow correction).
"""

import math
from collections.abc import Iterable


def entropy(counts: Iterable[int]) -> float:
    """The entropy of what was counted, in bits, as the counts have it (maximum likelihood)."""
    filled = [count for count in counts if count > 0]
    total = sum(filled)
    # a sum of terms that are not negative: none is lost to rounding, and one bin gives exactly 0
    return math.fsum(count / total * math.log2(total / count) for count in filled)


def miller_madow(counts: Iterable[int]) -> float:
    """The entropy in bits with the correction of Miller and Madow."""
    filled = [count for count in counts if count > 0]
    if not filled:
        return 0.0
    return entropy(filled) + (len(filled) - 1) / (2 * sum(filled) * math.log(2))
