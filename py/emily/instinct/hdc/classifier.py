"""One prototype for each class, corrected by its mistakes."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from emily.instinct.hdc.bundling import MAX_VOTES, Counters
from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.packing import DIM, Seed, pack, whole
from emily.instinct.hdc.vectors import Hypervectors

Label = TypeVar("Label", bound=Hashable)


class Classifier(Generic[Label]):
    """The class whose prototype is nearest; a prototype is the majority of what its class counted.

    Learning from mistakes adds a sample to the counters of its class and subtracts it from those of
    the class that was predicted: AdaptHD (Imani, Morris, Bosch, Shu, De Micheli & Rosing 2019,
    BioCAS), with mistakes judged by the binary prototypes as in QuantHD (Imani et al. 2020, IEEE
    TCAD 39(10)). A class that has learnt nothing yet is never predicted.

    One binary vector keeps of every counter only its sign. With more `planes`, each further vector
    keeps the sign of what the others left over, weighted by its mean size (residual binarisation,
    as in PQ-HDC, Huang, Yang, Chuang & Wu 2021, AIAI): nearer to the counters' own accuracy, for
    as many times the work.

    Raises HdcError when there are no classes, one is named twice, or there are no planes.
    """

    def __init__(self, classes: Iterable[Label], dim: int = DIM, *, planes: int = 1) -> None:
        self.classes = tuple(classes)
        self.dim = dim
        self._rows = {label: row for row, label in enumerate(self.classes)}
        if not self.classes or len(self._rows) != len(self.classes):
            raise HdcError(f"classes are distinct and at least one, not {self.classes}")
        if planes < 1:
            raise HdcError(f"planes is at least 1, not {planes}")
        self._counters = [Counters(dim) for _ in self.classes]
        self._planes = [Hypervectors.zeros(len(self.classes), dim) for _ in range(planes)]
        self._weights = np.ones((planes, len(self.classes)))
        self._learnt = np.zeros(len(self.classes), np.bool_)

    @property
    def prototypes(self) -> Hypervectors:
        """A copy of the classes' prototypes, a row for each in the order of `classes`.

        They are the majorities of what the classes counted, zeros where that is nothing; further
        planes are not among them.
        """
        return self._planes[0].copy()

    def fit(self, samples: Hypervectors, labels: Sequence[Label]) -> None:
        """Forget everything, then count each of the m samples for its class, once."""
        rows = self._check(samples, labels)
        for counters in self._counters:
            counters.reset()
        for plane in self._planes:
            plane.rows[:] = 0
        self._learnt[:] = False
        self._count(samples, rows, 1)

    def add(self, samples: Hypervectors, labels: Sequence[Label]) -> None:
        """Count each of the m samples for its class, whatever would have been predicted."""
        self._count(samples, self._check(samples, labels), 1)

    def merge(self, label: Label, counters: Counters) -> None:
        """Add counters to those of a class: what was counted elsewhere, as a text's n-grams."""
        row = self._row(label)
        self._counters[row].merge(counters)
        self._refresh(row)

    def partial_fit(
        self, samples: Hypervectors, labels: Sequence[Label], *, batch: int = 1, weight: int = 1
    ) -> int:
        """Learn m new samples in their order; returns how many were predicted wrongly before.

        Each sample is counted for its class once; a mistaken one `weight` times more, and is taken
        from the class that was predicted as often. `batch` samples are predicted before any of them
        is learnt: 1 is online learning.
        """
        batch, weight = whole("batch", batch, 1), whole("weight", weight, 1, MAX_VOTES)
        rows = self._check(samples, labels)
        return self._learn(samples, rows, np.arange(len(rows)), batch, weight, once=1)

    def retrain(
        self,
        samples: Hypervectors,
        labels: Sequence[Label],
        epochs: int = 10,
        *,
        batch: int = 1,
        weight: int = 1,
        seed: Seed = 0,
    ) -> list[int]:
        """Learn from the mistakes in m samples, epoch after epoch, in a new random order each.

        A mistaken sample counts `weight` times; `batch` samples are predicted before any of them
        corrects the prototypes. Ends early after an epoch without a mistake. Returns the mistakes
        of each epoch.
        """
        batch, weight = whole("batch", batch, 1), whole("weight", weight, 1, MAX_VOTES)
        epochs = whole("epochs", epochs, 0)
        rows = self._check(samples, labels)
        generator = np.random.default_rng(seed)
        mistakes: list[int] = []
        while len(mistakes) < epochs and (not mistakes or mistakes[-1]):
            order = generator.permutation(len(rows))
            mistakes.append(self._learn(samples, rows, order, batch, weight, once=0))
        return mistakes

    def distances(self, samples: Hypervectors) -> npt.NDArray[np.float64]:
        """How far m samples are from each prototype, in bits: (m, classes).

        dim * (1 - cosine) / 2, which for one plane is the number of bits that differ; infinite for
        a class that has learnt nothing.
        """
        self._check_dim(samples)
        half = self.dim / 2
        distances = np.full((len(samples), len(self.classes)), half)
        for plane, weights in zip(self._planes, self._weights, strict=True):
            few = len(samples) < len(self.classes)
            bits = plane.distances(samples).T if few else samples.distances(plane)
            distances -= weights * (half - bits)
        distances[:, ~self._learnt] = np.inf
        return distances

    def predict(self, samples: Hypervectors) -> list[Label]:
        """The nearest class of each of m samples; the first of equally near ones.

        Raises HdcError when nothing has been learnt.
        """
        if not self._learnt.any():
            raise HdcError("the classifier has learnt nothing yet")
        return [self.classes[row] for row in self._nearest(samples).tolist()]

    def score(self, samples: Hypervectors, labels: Sequence[Label]) -> float:
        """The share of m samples, at least one, that is predicted as labelled."""
        rows = self._check(samples, labels)
        if not len(rows):
            raise HdcError("samples is empty; a share needs at least one")
        return float(np.mean(self._nearest(samples) == rows))

    def _nearest(self, samples: Hypervectors) -> npt.NDArray[np.intp]:
        nearest: npt.NDArray[np.intp] = self.distances(samples).argmin(axis=1)
        return nearest

    def _learn(
        self,
        samples: Hypervectors,
        rows: npt.NDArray[np.intp],
        order: npt.NDArray[np.int64],
        batch: int,
        weight: int,
        once: int,
    ) -> int:
        """Learn a batch at a time; returns the number of mistakes."""
        mistakes = 0
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            mistakes += self._learn_batch(samples[places], rows[places], weight, once)
        return mistakes

    def _learn_batch(
        self, samples: Hypervectors, rows: npt.NDArray[np.intp], weight: int, once: int
    ) -> int:
        """Count every sample `once` and, `weight` times, what the prototypes get wrong."""
        guesses = self._nearest(samples)
        wrong = np.flatnonzero((guesses != rows) | ~self._learnt[rows])
        # What is taken from a class that has learnt nothing would be all that it holds.
        blamed = wrong[(guesses != rows)[wrong] & self._learnt[guesses[wrong]]]
        self._count(samples, rows, once)
        self._count(samples[wrong], rows[wrong], weight)
        self._count(samples[blamed], guesses[blamed], -weight)
        return len(wrong)

    def _count(self, samples: Hypervectors, rows: npt.NDArray[np.intp], weight: int) -> None:
        """Add samples to the counters of their classes and renew the prototypes of these."""
        if weight:
            for row in np.unique(rows).tolist():
                self._counters[row].add(samples[np.flatnonzero(rows == row)], weight)
                self._refresh(row)

    def _refresh(self, row: int) -> None:
        """Make the prototype of a class from its counters."""
        self._learnt[row] = True
        majority = self._counters[row].majority(self._planes[0][row])
        if len(self._planes) == 1:
            return
        counts = self._counters[row].counts.astype(np.float64)
        rest, bits = counts.copy(), majority.bits()
        for number, plane in enumerate(self._planes):
            if number:
                bits = rest > 0
                plane.rows[row, : majority.words.size] = pack(bits[np.newaxis])[0]
            self._weights[number, row] = size = np.abs(rest).mean()
            rest -= np.where(bits, size, -size)
        length = np.linalg.norm(counts - rest) / np.sqrt(self.dim)
        self._weights[:, row] /= length or 1

    def _row(self, label: Label) -> int:
        try:
            return self._rows[label]
        except KeyError:
            raise HdcError(f"label {label!r} is none of the classes {self.classes}") from None

    def _check(self, samples: Hypervectors, labels: Sequence[Label]) -> npt.NDArray[np.intp]:
        self._check_dim(samples)
        if len(samples) != len(labels):
            raise ShapeError(f"samples has {len(samples)} rows and labels {len(labels)} entries")
        return np.array([self._row(label) for label in labels], np.intp)

    def _check_dim(self, samples: Hypervectors) -> None:
        if not isinstance(samples, Hypervectors):
            raise TypeError(f"samples must be Hypervectors, not {type(samples).__name__}")
        if samples.dim != self.dim:
            raise DimensionError(f"samples have {samples.dim} bits, the classifier {self.dim}")
