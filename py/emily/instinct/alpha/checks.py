"""Numbers as they are let in: real, finite, and within their range."""

import math
from collections.abc import Iterable
from numbers import Real

from emily.instinct.alpha.errors import AlphaError, SettingError, SignalError, TimeError


def signals(values: Iterable[float]) -> list[float]:
    """The values as floats; SignalError names the first that is no finite real number."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise SignalError(f"signals must be real numbers, not {type(values).__name__}")
    return [_finite(value, f"signal {index}", SignalError) for index, value in enumerate(values)]


def seconds(value: float) -> float:
    """A time in seconds; TimeError unless it lies within 1e12 s of 0, where a phase has a meaning."""
    number = _finite(value, "a time in seconds", TimeError)
    if abs(number) > 1e12:
        raise TimeError(f"a time in seconds must lie within 1e12 of 0, not {number:g}")
    return number


def setting(name: str, value: float, low: float, high: float) -> float:
    """A setting within [low, high]; SettingError otherwise."""
    number = _finite(value, name, SettingError)
    if not low <= number <= high:
        raise SettingError(f"{name} must lie in [{low:g}, {high:g}], not {number:g}")
    return number


def _finite(value: object, name: str, error: type[AlphaError]) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise error(f"{name} must be a real number, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise error(f"{name} must be finite, not {number}")
    return number
