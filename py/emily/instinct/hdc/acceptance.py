"""How near is too near for an accident (Kanerva 2009, "Hyperdimensional Computing")."""

import math
from statistics import NormalDist

from emily.instinct.hdc.errors import HdcError

_NORMAL = NormalDist()


def threshold(dim: int, rows: int, false_accept: float) -> int:
    """The farthest distance at which a match is believed: dim / 2 - z * sqrt(dim) / 2, rounded down.

    z is the quantile of the normal distribution at 1 - false_accept / rows. The probability that a
    random vector is this near to any of `rows` others is then `false_accept`, or up to a tenth more:
    the binomial distribution is taken for a normal one. -1 when no distance is near enough.
    """
    if not 0 < false_accept < 1:
        raise HdcError(f"false_accept is a probability between 0 and 1, not {false_accept}")
    # the lower tail, because 1 - 1e-20 is 1
    tail = max(false_accept / max(rows, 1), math.ulp(0))
    return max(-1, math.floor((dim + _NORMAL.inv_cdf(tail) * math.sqrt(dim)) / 2))
