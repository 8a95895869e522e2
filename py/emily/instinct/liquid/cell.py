"""What the liquid networks have in common: states that move on by irregular time spans."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.liquid.arrays import Array, sequences, spans, vectors


class Cell(ABC):
    """A recurrent network in continuous time, of n neurons with m inputs."""

    @property
    @abstractmethod
    def neurons(self) -> int:
        """The size n of a state."""

    @property
    @abstractmethod
    def inputs(self) -> int:
        """The size m of an input."""

    @abstractmethod
    def step(self, state: ArrayLike, inputs: ArrayLike, dt_s: ArrayLike) -> Array:
        """The state, (n,) or (b, n), after a time span in which the input is constant.

        Args:
            state: (n,) or (b, n)
            inputs: (m,) or (b, m); one serves a batch of states, and one state a batch of inputs
            dt_s: one span in seconds, or (b,)

        Raises ShapeError for another shape or a value that is not finite, TimeSpanError for a span that is
        negative, not finite or above 1e9 s.
        """

    def rest(self) -> Array:
        """The state 0, (n,)."""
        return np.zeros(self.neurons)

    def run(self, inputs: ArrayLike, dt_s: ArrayLike, *, state: ArrayLike | None = None) -> Array:
        """The states after each of t time spans, (t, n) or (b, t, n).

        Args:
            inputs: (t, m) or (b, t, m)
            dt_s: the span of each input in seconds: one number, (t,) or (b, t)
            state: at the start, (n,) or (b, n); rest() when None

        Raises ShapeError and TimeSpanError as step() does.
        """
        sequence = sequences("inputs", inputs, self.inputs)
        steps = spans(dt_s, sequence.shape[:-1])
        x = self.rest() if state is None else vectors("state", state, self.neurons)
        states = []
        for index in range(sequence.shape[-2]):
            x = self.step(x, sequence[..., index, :], steps[..., index])
            states.append(x)
        return np.stack(states, axis=-2)
