"""How many pairs a trace holds."""

import math

import numpy as np

from emily.instinct.holographic.errors import HoloError

_LARGEST = 1e300  # leaves room for what it is multiplied by
_STEP, _FARTHEST = 1 / 64, 9  # standard deviations; beyond 9 a normal density is below 1e-18


def recall_probability(dim: int, pairs: int, items: int, *, unitary: bool = False) -> float:
    """How likely the nearest of `items` clean vectors is the one that a trace's key was bound to.

    Frady, Kleyko & Sommer 2018, "A Theory of Sequence Indexing and Working Memory in Recurrent Neural
    Networks", Neural Computation 30(6), arXiv:1707.01429: p(s, D) is the integral over h of
    phi(h - s) Phi(h)^(D - 1), D the number of items, with s = sqrt(dim / (pairs + 1)) for random keys and
    sqrt(dim / (pairs - 1)) for unitary ones, from which unbinding adds no noise of its own.

    | dim | pairs | items | random keys | unitary keys |
    | ---: | ---: | ---: | ---: | ---: |
    | 512 | 10 | 1,000 | 0.9995 | 1.0000 |
    | 512 | 20 | 1,000 | 0.9445 | 0.9663 |
    | 1,024 | 30 | 1,000 | 0.9904 | 0.9941 |
    | 1,024 | 40 | 1,000 | 0.9505 | 0.9614 |
    | 4,096 | 100 | 1,000 | 0.9982 | 0.9985 |
    | 4,096 | 100 | 100,000 | 0.9717 | 0.9755 |

    Args:
        dim: values of a vector
        pairs: pairs in the trace
        items: vectors in the cleanup memory
        unitary: whether the keys are unitary

    Raises:
        HoloError: when a number is not within 1 to 1e300
    """
    for name, number in (("dim", dim), ("pairs", pairs), ("items", items)):
        if abs(number) > _LARGEST:
            raise HoloError(f"{name} is not within 1 to {_LARGEST:.0e}")
        if not number >= 1:  # NaN too
            raise HoloError(f"{name} is {number}, not positive")
    if unitary and pairs == 1:
        return 1.0
    signal = math.sqrt(dim / (pairs - 1 if unitary else pairs + 1))
    noise = np.arange(-_FARTHEST, _FARTHEST, _STEP)
    density = np.exp(-(noise**2) / 2) / math.sqrt(2 * math.pi)
    below = np.array([_log_normal(h) for h in noise + signal])
    return float((density * np.exp(float(items - 1) * below)).sum() * _STEP)


def _log_normal(h: float) -> float:
    """The logarithm of Phi(h), which does not lose 1 - Phi(h) where that is small."""
    if h < 0:
        return math.log(math.erfc(-h / math.sqrt(2)) / 2)
    return math.log1p(-math.erfc(h / math.sqrt(2)) / 2)
