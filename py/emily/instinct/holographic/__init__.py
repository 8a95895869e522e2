"""HoloMem: holographic reduced representations (Plate 1995, IEEE Trans. Neural Networks 6(3)).

A vector of real numbers from N(0, 1/dim) stands for a thing; binding two is their circular convolution,
and a sum of bound pairs is a trace, from which either of a pair recalls the other with noise, which a
cleanup memory takes away.

    roles = Holo.random((3, 1024), seed=1, unitary=True)
    words = CleanupMemory(Holo.random((1000, 1024), seed=2))
    trace = Trace(1024)
    trace.add(roles, words.items[[10, 20, 30]])
    words.search(trace.unbind(roles)).ids  # [[10], [20], [30]]

Shapes are (dim,) for one vector and (n, dim) for n. The Fourier transforms are FFTW's, or NumPy's where
pyfftw or the C kernel is missing; backend() says which.
"""

from emily.instinct.holographic.capacity import recall_probability
from emily.instinct.holographic.errors import HoloError
from emily.instinct.holographic.memory import CleanupMemory, Scores
from emily.instinct.holographic.trace import Trace
from emily.instinct.holographic.transform import backend, backends, use
from emily.instinct.holographic.vectors import Holo

__all__ = [
    "CleanupMemory",
    "Holo",
    "HoloError",
    "Scores",
    "Trace",
    "backend",
    "backends",
    "recall_probability",
    "use",
]
