"""Teach our classifier and torchhd's the same encoded samples, and tell how both did."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from bench.hdc.tasks import peer

from emily.instinct.hdc import Classifier, Hypervectors

Labels = npt.NDArray[np.int64]
Result = TypeVar("Result")

BATCH = 64
"""Samples that are predicted before any of them corrects a prototype, on both sides."""

HEADER = (
    "| work | accuracy | torchhd | points more | time | torchhd | times faster |\n"
    "|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Timed(Generic[Result]):
    """What came out of some work, and its seconds of one processor, the median of all runs."""

    result: Result
    seconds: float


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples as our hypervectors and as torchhd's signs of sums, and their classes, (m,)."""

    ours: Hypervectors
    theirs: peer.Tensor
    labels: Labels


@dataclass(frozen=True, slots=True)
class Learning:
    """How to learn: epochs of retraining (none for one-shot), how often a mistake counts.

    `planes` are the binary vectors of each of our prototypes; torchhd's are of float32.
    """

    name: str
    epochs: int = 0
    weight: int = 1
    planes: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The predicted classes of the test, (m,), ours and torchhd's; seconds of training and test."""

    ours: Timed[Labels]
    theirs: Timed[Labels]


def timed(work: Callable[[], Result], runs: int = 1) -> Timed[Result]:
    """Do it; both sides have one thread, so that processor time is what an idle machine takes."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return Timed(result, median(seconds))


def check_same(ours: Hypervectors, sums: peer.Tensor) -> None:
    """End the benchmark unless the bits are 1 where sums are negative, and 0 where positive."""
    numbers = np.asarray(sums.numpy(), np.int16)
    if ((numbers != 0) & (ours.bits() != (numbers < 0))).any():
        raise SystemExit("both sides encode the same samples differently")


def learn(how: Learning, classes: int, train: Samples, test: Samples, runs: int = 1) -> Outcome:
    """Both sides learn the training samples and predict the test's."""
    dim = train.ours.dim

    def ours() -> Labels:
        classifier = Classifier(range(classes), dim, planes=how.planes)
        classifier.fit(train.ours, train.labels.tolist())
        if how.epochs:
            classifier.retrain(
                train.ours, train.labels.tolist(), how.epochs, batch=BATCH, weight=how.weight
            )
        return np.array(classifier.predict(test.ours))

    def theirs() -> Labels:
        classifier = peer.Classifier(classes, dim)
        classifier.fit(train.theirs, train.labels)
        if how.epochs:
            classifier.retrain(train.theirs, train.labels, how.epochs, BATCH, how.weight)
        return classifier.predict(test.theirs)

    return Outcome(timed(ours, runs), timed(theirs, runs))


def accuracy(predicted: Labels, labels: Labels) -> float:
    """The share that is right of each class, averaged, so that every class counts alike."""
    right = predicted == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def row(work: str, seconds: tuple[float, float], shares: tuple[float, float] | None = None) -> str:
    """A line of the table: ours and torchhd's seconds and accuracies; an encoding has none."""
    cells = ["", "", ""]
    if shares:
        ours, theirs = shares
        cells = [f"{ours:.2%}", f"{theirs:.2%}", f"{100 * (ours - theirs):+.2f}"]
    cells += [*map(_seconds, seconds), f"{seconds[1] / seconds[0]:.0f}"]
    return f"| {work} | {' | '.join(cells)} |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"
