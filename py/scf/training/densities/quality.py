"""How good samples are: the modes they reach, and their distance from true ones."""

from dataclasses import dataclass

import numpy as np

from scf.training.densities.density import Floats


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of the GAN benchmarks (Srivastava et al. 2017, arXiv:1705.07761; Lin et al. 2018).

    A sample is of high quality within three standard deviations of its nearest mode; a mode is reached
    by one such sample; `kl` is KL(shares of the high-quality samples || uniform), in nats.
    """

    modes: int
    high_quality: float
    kl: float


def quality(samples: Floats, modes: Floats, sd: float) -> Quality:
    """The figures of samples (n, 2), of a density with isolated modes (k, 2)."""
    square = ((samples[:, None, :] - modes) ** 2).sum(2)
    good = square.min(1) <= (3 * sd) ** 2
    counts = np.bincount(square.argmin(1)[good], minlength=len(modes))
    share = counts[counts > 0] / max(1, counts.sum())
    kl = float((share * np.log(share * len(modes))).sum()) if len(share) else float("inf")
    return Quality(int((counts > 0).sum()), float(good.mean()), kl)


def sliced_wasserstein(a: Floats, b: Floats, *, seed: int = 0, slices: int = 128) -> float:
    """The mean over directions of the Wasserstein-1 distance of the projections of a and b, (n, 2) each.

    Rabin et al. 2011. Raises ValueError when they are not as many.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} points beside {len(b)}")
    angle = np.pi * np.random.default_rng(seed).random(slices)
    directions = np.stack([np.cos(angle), np.sin(angle)])
    return float(np.abs(np.sort(a @ directions, axis=0) - np.sort(b @ directions, axis=0)).mean())


def relative_error(found: Floats, true: Floats) -> float:
    """√(E|found - true|² / E|true|²) over the rows."""
    return float(np.sqrt(((found - true) ** 2).sum() / (true**2).sum()))
