"""Nobody is timed whose answer differs from NumPy's."""

import numpy as np
from bench.hdc.data import DIM, Data, Ints, distances
from bench.hdc.peers.protocol import Answer
from bench.hdc.race import WrongAnswerError


def nearest(answer: Answer, data: Data, first: int, count: int, dim: int = DIM) -> None:
    """Compare an answer to queries first ... first + count - 1 with the reference.

    All distances are compared where all are returned. Otherwise the sorted distances must be those
    of the reference, and every row named must lie at the distance that is claimed for it, which
    leaves the order of ties free.
    """
    if len(answer.distances) != count:
        raise WrongAnswerError(f"{len(answer.distances)} answers to {count} queries")
    checked = max(0, min(count, data.checked - first))
    right = data.reference(dim)[first : first + checked]
    if answer.ids is None:
        _require(np.array_equal(answer.distances[:checked], right), "distances differ")
        return
    claimed = answer.distances.astype(np.int64)
    k = claimed.shape[1]
    best = np.sort(np.partition(right, k - 1, axis=1)[:, :k], axis=1)
    _require(np.array_equal(claimed[:checked], best), "the nearest distances differ")
    _require(bool((np.diff(claimed, axis=1) >= 0).all()), "not in ascending order")
    for number in range(count):
        _check_ids(answer.ids[number], claimed[number], data, first + number, dim)


def _check_ids(ids: Ints, claimed: Ints, data: Data, number: int, dim: int) -> None:
    _require(len(np.unique(ids)) == len(ids), "a row is named twice")
    words = -(-dim // 64)
    found = distances(data.queries[number, :words], data.rows[ids, :words])
    _require(np.array_equal(found, claimed), "a row does not lie at the distance claimed")


def _require(truth: bool, message: str) -> None:
    if not truth:
        raise WrongAnswerError(message)
