"""By how much a figure may differ where it is computed again, on another kind of processor.

Sums are added in another order there. Found between instruction sets (SSE4.1, AVX2, AVX-512), and between
weights that differ by a part in 10^5: less than 10^-5 of any figure, and no sample counted otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Tolerance:
    """So much may lie between two figures: the larger of a part of the greater one, and a number."""

    relative: float = 0.0
    absolute: float = 0.0

    def holds(self, one: float, other: float) -> bool:
        """Whether two figures are the same but for the processor."""
        apart = max(self.relative * max(abs(one), abs(other)), self.absolute)
        return abs(one - other) <= apart < inf


_EXACT = Tolerance()
_ROUNDED = Tolerance(relative=1e-4, absolute=1e-6)
_APART = Tolerance(relative=1e-3, absolute=1e-6)
"""Of figures that are differences, or follow from many steps of sampling."""

_MODEL = {
    "dsm": _ROUNDED,
    "score_error": _ROUNDED,
    "sliced_wasserstein": _APART,
    "high_quality": Tolerance(absolute=1e-3),
    "kl": Tolerance(absolute=1e-3),
}

TOLERANCES: Mapping[str, Mapping[str, Tolerance]] = {
    "ebdm": _MODEL,
    "distill": {
        **_MODEL,
        **{f"teacher_{name}": tolerance for name, tolerance in _MODEL.items()},
        "score_distance": _APART,
        "energy_distance": _APART,
        "quality_ratio": Tolerance(relative=2e-3),
    },
    "gflownet": {"l1": _ROUNDED, "log_z": _ROUNDED, "log_z_error": _ROUNDED},
}
"""Of each recipe's figures; one that is not named here is the same everywhere."""


def differing(recipe: str, claimed: Mapping[str, float], found: Mapping[str, float]) -> str:
    """The first figure that was claimed otherwise than it was found, "" when there is none."""
    for name in sorted(claimed.keys() | found.keys()):
        if name not in found:
            return f"{name} is {claimed[name]:g}, and was not found"
        if name not in claimed:
            return f"{name} is missing, and was found to be {found[name]:g}"
        tolerance = TOLERANCES.get(recipe, {}).get(name, _EXACT)
        if not tolerance.holds(claimed[name], found[name]):
            return f"{name} is {claimed[name]:.9g}, and was found to be {found[name]:.9g}"
    return ""
