"""What an agent believes about its world: a discrete partially observed Markov decision process."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.cognition.inference.errors import ModelError

Array = NDArray[np.float64]

MAX_POLICIES = 65_536
"""More than this and planning would take seconds."""

MAX_PREFERENCE = 1e6
"""In nats: more than anything could outweigh."""

_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class GenerativeModel:
    """A, B, C, D and E in the notation of Friston et al. 2017 (Neural Computation 29(1)).

    States are one flat factor and observations one flat modality; independent() and joint() make them
    from several. Everything is converted to float64 and made read-only.

    Args:
        A: (observations, states), P(o | s), columns sum to 1
        B: (actions, states, states), P(s' | s, action) as B[action, s', s], columns sum to 1
        C: (observations,), preferences: ln P(o) up to a constant, normalised here
        D: (states,), P(s) at the start
        actions: a name for each action
        horizon: actions in a policy
        E: (actions ** horizon,), P(policy) by habit in the order of `policies`; empty for uniform

    Raises ModelError when shapes disagree, when a distribution does not sum to 1, has a value below 0 or
    one that is not finite, or when there are more than MAX_POLICIES policies.
    """

    A: Array
    B: Array
    C: Array
    D: Array
    actions: tuple[str, ...]
    horizon: int
    E: Array = field(default_factory=lambda: np.empty(0))
    policies: tuple[tuple[str, ...], ...] = field(init=False)
    """Every sequence of `horizon` actions, the last action changing first."""

    def __post_init__(self) -> None:
        actions = tuple(self.actions)
        if not actions or len(set(actions)) != len(actions):
            raise ModelError(f"actions must be different names, at least one, not {actions}")
        if self.horizon < 1 or len(actions) ** self.horizon > MAX_POLICIES:
            raise ModelError(
                f"horizon must be at least 1 and give at most {MAX_POLICIES} policies, not "
                f"{self.horizon} with {len(actions)} actions"
            )
        likelihood = _distribution("A", self.A, (None, None))
        observations, states = likelihood.shape
        policies = tuple(product(actions, repeat=self.horizon))
        habit = np.full(len(policies), 1 / len(policies)) if np.size(self.E) == 0 else self.E
        values = {
            "A": likelihood,
            "B": _distribution("B", self.B, (len(actions), states, states)),
            "C": _log_preferences(_array("C", self.C, (observations,))),
            "D": _distribution("D", self.D, (states,)),
            "E": _distribution("E", habit, (len(policies),)),
            "actions": actions,
            "policies": policies,
        }
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, name, value)


def independent(*likelihoods: ArrayLike) -> Array:
    """P(o1, o2, ... | s) of modalities that are independent given the state.

    Each of shape (its observations, states); the answer has one row per combination, the last modality
    changing first.
    """
    arrays = [np.asarray(likelihood, np.float64) for likelihood in likelihoods]
    if not arrays or any(a.ndim != 2 or a.shape[1] != arrays[0].shape[1] for a in arrays):
        raise ModelError("likelihoods must be of shape (observations, states) with the same states")
    result = arrays[0]
    for array in arrays[1:]:
        result = (result[:, None, :] * array[None, :, :]).reshape(-1, array.shape[1])
    return result


def joint(*preferences: Sequence[float]) -> Array:
    """Preferences over the observations of independent(), added up per combination."""
    if not preferences:
        raise ModelError("preferences must be at least one vector")
    result = np.zeros(1)
    for preference in preferences:
        result = np.add.outer(result, np.asarray(preference, np.float64)).ravel()
    return result


def _array(name: str, values: ArrayLike, shape: tuple[int | None, ...]) -> Array:
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{name} must be an array of numbers") from None
    expected = tuple(a if b is None else b for a, b in zip(array.shape, shape, strict=False))
    if array.ndim != len(shape) or array.shape != expected or 0 in array.shape:
        wanted = ", ".join("n" if size is None else str(size) for size in shape)
        raise ModelError(f"{name} must be of shape ({wanted}), not {array.shape}")
    if not np.isfinite(array).all():
        raise ModelError(f"{name} must be finite")
    return array


def _distribution(name: str, values: ArrayLike, shape: tuple[int | None, ...]) -> Array:
    """An array whose columns, or which itself, are distributions."""
    array = _array(name, values, shape)
    if (array < 0).any():
        raise ModelError(f"{name} holds probabilities below 0")
    sums = array.sum(axis=max(array.ndim - 2, 0))
    if not np.allclose(sums, 1, rtol=0, atol=_SUM_TOLERANCE):
        worst = float(sums.flat[np.abs(sums - 1).argmax()])
        what = "sum to 1" if array.ndim == 1 else "have columns that sum to 1"
        raise ModelError(f"{name} must {what}, not {worst:.9g}")
    return array


def _log_preferences(preferences: Array) -> Array:
    if np.abs(preferences).max() > MAX_PREFERENCE:
        raise ModelError(f"C must be at most {MAX_PREFERENCE:.0e} nats in magnitude")
    shifted = preferences - preferences.max()
    normalised: Array = shifted - math.log(np.exp(shifted).sum())
    return normalised
