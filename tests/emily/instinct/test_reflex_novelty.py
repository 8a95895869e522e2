"""Novelty: false alarms come as often as they are allowed to, in noise of any level and colour."""

import numpy as np
import pytest

from emily.instinct.reflex import ReflexError, sounds
from emily.instinct.reflex.audio import FrontEnd
from emily.instinct.reflex.bands import BANDS, EDGES, SHAPES, WINDOW, energies, levels
from emily.instinct.reflex.framing import FRAME, HOP, Frame
from emily.instinct.reflex.novelty import exceeds, hop_correlations, threshold


def frames(sound: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]


@pytest.fixture(scope="module")
def white() -> np.ndarray:
    rng = np.random.default_rng(1)
    return energies(frames(100 * sounds.white(rng, 60 * sounds.RATE_HZ)))


def test_each_band_is_known_as_exactly_as_its_shape_says(white: np.ndarray) -> None:
    measured = white.mean(axis=0) ** 2 / white.var(axis=0)
    np.testing.assert_allclose(measured, SHAPES, rtol=0.12)


def test_neighbouring_frames_are_as_alike_as_their_overlap_says(white: np.ndarray) -> None:
    measured = [np.corrcoef(white[:-1, band], white[1:, band])[0, 1] for band in range(BANDS)]
    np.testing.assert_allclose(measured, hop_correlations(WINDOW, HOP, EDGES), atol=0.07)


@pytest.mark.parametrize("degrees", [1, 2, 5, 24])
def test_the_mixture_of_chi_squares_is_that_of_drawn_ones(degrees: int) -> None:
    rng = np.random.default_rng(2)
    drawn = (np.maximum(rng.standard_normal((200_000, degrees)), 0) ** 2).sum(axis=1)
    for value in (1.0, 5.0, 15.0):
        assert exceeds(degrees, value) == pytest.approx(np.mean(drawn > value), abs=0.004)


@pytest.mark.parametrize("false_alarm", [0.1, 1e-3, 1e-6, 1e-12])
def test_the_threshold_is_where_the_false_alarms_are(false_alarm: float) -> None:
    assert exceeds(24, threshold(24, false_alarm)) == pytest.approx(false_alarm, rel=1e-4)


@pytest.mark.parametrize("false_alarm", [0, 0.5, 1, -1, float("nan")])
def test_what_is_no_small_probability_is_refused(false_alarm: float) -> None:
    with pytest.raises(ReflexError, match="false_alarm"):
        FrontEnd(false_alarm)


@pytest.mark.parametrize("kind", sounds.NOISES)
@pytest.mark.parametrize("rms", [30.0, 5000.0])
def test_false_alarms_do_not_depend_on_the_noise(kind: str, rms: float) -> None:
    rng = np.random.default_rng(3)
    front = FrontEnd(1e-2)
    heard = frames(rms * sounds.NOISES[kind](rng, 60 * sounds.RATE_HZ))
    novel = [front.hear(Frame(frame, 0, 0, False)) > 1 for frame in heard]
    # three spans are asked in each frame, so that it may be up to three times as many
    assert 0.003 < np.mean(novel) < 0.03


def test_a_constant_has_no_energy_but_that_of_silence() -> None:
    np.testing.assert_allclose(energies(np.full(FRAME, 9000.0)), energies(np.zeros(FRAME)))
    assert (energies(np.zeros(FRAME)) > 0).all()


def test_levels_keep_the_shape_of_what_is_very_loud() -> None:
    ratios = np.full(BANDS, np.e)
    assert levels(ratios) == pytest.approx(np.ones(BANDS))
    loud = levels(ratios * np.exp(np.arange(BANDS)))
    np.testing.assert_allclose(np.diff(loud), 1)
    assert loud.max() == 4.0


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_another_background_is_learnt_within_two_seconds(factor: float) -> None:
    rng = np.random.default_rng(4)
    front, sound = FrontEnd(), sounds.white(rng, 6 * sounds.RATE_HZ) * 500
    sound[2 * sounds.RATE_HZ :] *= np.sqrt(factor)
    for frame in frames(sound)[:395]:
        front.hear(Frame(frame, 0, 0, False))
    wanted = energies(frames(sound)[205:]).mean(axis=0)
    np.testing.assert_allclose(front.floor, wanted, rtol=0.35)
    assert front.floor.sum() == pytest.approx(wanted.sum(), rel=0.1)
