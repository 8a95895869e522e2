"""The reflexes that are there from the beginning, learnt from made sounds: clap, alarm and voice."""

import numpy as np

from emily.instinct.reflex import sounds
from emily.instinct.reflex.audio import FrontEnd
from emily.instinct.reflex.bands import energies, levels, statistic
from emily.instinct.reflex.entries import Condition, Reflex
from emily.instinct.reflex.framing import FRAME, HOP
from emily.instinct.reflex.novelty import Floats, evidence
from emily.instinct.reflex.registry import ReflexRegistry

SEED = 1
DRAWN = 60
"""Events of each kind, each heard in each noise at each level."""

SNRS_DB = (0.0, 0.0, 6.0, 15.0, 30.0)
"""The noisiest twice: there examples differ most."""

LENGTH = FRAME + 4 * HOP
"""Samples of an excerpt of five frames."""

BUILT_IN = (
    Reflex("clap", "orient", priority=1, refractory_ms=250),
    Reflex("alarm", "alert", priority=3, refractory_ms=500),
    Reflex("voice", "listen", priority=2, refractory_ms=350),
)
STRONG_SIGHT = Reflex("flash", "look", priority=1, sense="visual", condition=Condition("peak", 0.7))


def built_in(seed: int = SEED) -> ReflexRegistry:
    """A registry with clap, alarm and voice learnt from sounds, and a flash seen by its peak.

    The same seed makes the same registry.
    """
    rng = np.random.default_rng(seed)
    registry = ReflexRegistry()
    backgrounds = [_Background(rng, name) for name in sounds.NOISES]
    for reflex in BUILT_IN:
        registry.add(reflex, examples(rng, reflex.name, backgrounds))
    registry.add(STRONG_SIGHT)
    registry.learn()
    return registry


class _Background:
    """A noise, and its floors."""

    def __init__(self, rng: np.random.Generator, name: str) -> None:
        self.noise = sounds.NOISES[name](rng, 10 * sounds.RATE_HZ)
        frames = np.lib.stride_tricks.sliding_window_view(self.noise, FRAME)[::HOP]
        self.floor = energies(frames).mean(axis=0)


def examples(rng: np.random.Generator, event: str, backgrounds: list[_Background]) -> Floats:
    """Levels of an event over the background as an ear has them that noticed it: (n, BANDS).

    Two frames averaged, which end up to 20, 30 or 40 ms after the onset.
    """
    taken: list[Floats] = []
    for _ in range(DRAWN):
        sound = sounds.EVENTS[event](rng)
        span = sounds.active(sound)
        sound /= np.sqrt(np.mean(np.square(sound[span])))
        heard = [
            (_excerpt(rng, sound, background.noise, snr_db), background.floor)
            for background in backgrounds
            for snr_db in SNRS_DB
        ]
        taken += [energies(excerpt) / floor for excerpt, floor in heard]
    ratios = np.array(taken)
    last = rng.integers(2, 5, len(ratios))
    rows = np.arange(len(ratios))
    pairs = (ratios[rows, last] + ratios[rows, last - 1]) / 2
    noticed = evidence(pairs, statistic().weights[1]) > FrontEnd().threshold
    return levels(pairs[noticed])


def _excerpt(rng: np.random.Generator, sound: Floats, noise: Floats, snr_db: float) -> Floats:
    """Five frames: the first ends before the onset, the second up to 10 ms after it."""
    start = int(rng.integers(0, len(noise) - LENGTH))
    excerpt = noise[start : start + LENGTH].copy()
    onset = FRAME + int(rng.integers(0, HOP))
    part = sound[: LENGTH - onset]
    excerpt[onset : onset + len(part)] += 10 ** (snr_db / 20) * part
    return np.lib.stride_tricks.sliding_window_view(excerpt, FRAME)[::HOP]
