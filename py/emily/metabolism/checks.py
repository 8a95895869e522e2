"""Numbers as they are let in: real, finite, and within their range."""

import math
from collections.abc import Collection, Mapping
from numbers import Real

from emily.metabolism.errors import MetabolismError, StateError, TimeStepError


def within(
    name: str, value: object, low: float, high: float, error: type[MetabolismError]
) -> float:
    """`value` as a float in [low, high]; `error` with the name and the range otherwise."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if low <= number <= high:
            return number
    raise error(f"{name} must be a number in [{low:g}, {high:g}], not {value!r}")


def step(name: str, value: float, longest: float) -> float:
    """A step of time in [0, longest]; TimeStepError otherwise."""
    return within(name, value, 0.0, longest, TimeStepError)


def saved(name: str, state: object, keys: Collection[str]) -> Mapping[str, object]:
    """A saved state that has exactly `keys`; StateError otherwise."""
    if not isinstance(state, Mapping):
        raise StateError(f"the state of {name} must be a mapping, not {type(state).__name__}")
    if set(state) != set(keys):
        raise StateError(
            f"the state of {name} must have {sorted(keys)}, not {sorted(map(str, state))}"
        )
    return state


def saved_number(name: str, value: object, low: float, high: float) -> float:
    """A number of a saved state in [low, high]; StateError otherwise."""
    return within(f"{name} of a saved state", value, low, high, StateError)
