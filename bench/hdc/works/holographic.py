"""HRR bind: circular convolution of two float32 vectors of N values.

Cold, nothing is known of either vector; warm, everybody holds the spectrum of the left one, or of both.
What the known spectra gain is a race of ours alone.
"""

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
from bench.hdc.peers import fft, fft_torch
from bench.hdc.peers.fft import Convolver, Reals
from bench.hdc.race import Entrant, Figure, Loop, Pace, Role, WrongAnswerError, absent, race

from emily.instinct.holographic import Holo

CONVOLVERS: Mapping[str, Callable[[], Convolver]] = {
    "pyfftw": fft.Pyfftw,
    "pyfftw, new vectors": fft.PyfftwCopied,
    "mkl_fft": fft.Mkl,
    "ducc0.fft": fft.Ducc,
    "scipy.fft": fft.Scipy,
    "numpy.fft": fft.Numpy,
    "torch.fft": fft_torch.Torch,
    "torchhd HRR bind": fft_torch.Torchhd,
}
# by how many of the two spectra are known
WORKS = ("HRR bind cold", "HRR bind warm, one spectrum known", "HRR bind warm, both spectra known")
GAIN = "HRR bind, ours, by what is known"
CLOSE = 1e-5  # of values near 1, in float32


def run(size: int, pace: Pace) -> Iterator[Figure]:
    """Ours and every library, cold and warm."""
    random = np.random.default_rng(size)
    left, right = (
        np.asarray(random.standard_normal(size) / np.sqrt(size), np.float32) for _ in range(2)
    )
    wanted = np.fft.irfft(np.fft.rfft(left.astype(float)) * np.fft.rfft(right.astype(float)), size)
    _require_close(np.asarray(Holo(left).bind(Holo(right))), wanted)
    lanes = [[_ours(left, right, known)] for known in range(3)]
    for name, maker in CONVOLVERS.items():
        try:
            start = time.perf_counter()
            convolver = maker()
            convolver.prepare(left, right)
            setup = time.perf_counter() - start
            for known, entrants in enumerate(lanes):
                bind = convolver.bind(known)
                _require_close(convolver.values(bind()), wanted)
                entrants.append(
                    Entrant(convolver.name, convolver.library, "peer", _loop(bind), setup=setup)
                )
        except Exception as error:  # whatever a library raises, it is the reason
            yield absent(WORKS[0], size, name, error)
    for work, entrants in zip(WORKS, lanes, strict=True):
        yield from race(work, size, entrants, pace)
    names = ("no spectrum known", "one spectrum known", "both spectra known")
    gains = [
        _ours(left, right, known, name, "peer" if known else "ours")
        for known, name in enumerate(names)
    ]
    yield from race(GAIN, size, gains, pace)


def _ours(
    left: Reals, right: Reals, known: int, name: str = "emily Holo.bind", role: Role = "ours"
) -> Entrant:
    """Vectors of unknown spectra are new for every call."""
    a, b = Holo(left), Holo(right)
    a.bind(b)
    pairs: list[tuple[Holo, Holo]] = []

    def before(count: int) -> None:
        pairs.clear()  # so that the same memory is used again
        pairs[:] = [
            (a if known > 0 else Holo(left), b if known > 1 else Holo(right)) for _ in range(count)
        ]

    def loop(_: int) -> None:
        for one, other in pairs:
            one.bind(other)

    return Entrant(name, "emily", role, loop, before=before)


def _loop(bind: Callable[[], object]) -> Loop:
    def loop(count: int) -> None:
        for _ in range(count):
            bind()

    return loop


def _require_close(found: npt.NDArray[np.floating], wanted: npt.NDArray[np.float64]) -> None:
    if not np.allclose(found, wanted, rtol=0, atol=CLOSE):
        raise WrongAnswerError("another convolution")
