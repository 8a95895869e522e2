"""The examples of one sense as prototypes, one for each reflex: whose is nearest, and near enough?"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.hdc import Classifier, Hypervectors, ItemMemory, Matches
from emily.instinct.reflex.encoder import FeatureEncoder, Range
from emily.instinct.reflex.store import StoredSense

FALSE_ACCEPT = 1e-9
"""The probability that a random hypervector is taken for a prototype (`ItemMemory.threshold`)."""

EPOCHS, BATCH = 10, 32

REACH = 5.0
"""How many standard deviations farther from a prototype than its examples a stimulus may be."""


class Nearest(NamedTuple):
    """The reflex whose prototype is nearest, and how many bits away that is."""

    name: str
    distance: int


class Examples:
    """Hypervectors of stimuli, each with the name of the reflex that it raises.

    The prototype of a reflex is the majority of its examples, corrected by those that would be taken
    for another's: AdaptHD (Imani et al. 2019, BioCAS).
    """

    def __init__(self, sense: str, features: Range) -> None:
        self.encoder = FeatureEncoder(sense, features)
        self._vectors: dict[str, Hypervectors] = {}
        self._learnt = False
        self._names: list[str] = []
        self._limits: list[int] = []
        self._prototypes = ItemMemory()
        self._found = Matches(np.empty(1, np.int32), np.empty(1, np.int64))

    @property
    def features(self) -> Range:
        """How many features there are, and from where to where they are told apart."""
        return self.encoder.features

    def add(self, name: str, vectors: Hypervectors) -> None:
        """Add the examples of a reflex that has none yet, at least one."""
        self._vectors[name] = vectors
        self._learnt = False

    def remove(self, name: str) -> None:
        """Forget the examples of a reflex, if there are any."""
        self._vectors.pop(name, None)
        self._learnt = False

    def nearest(self, features: ArrayLike) -> Nearest | None:
        """The reflex whose prototype is nearest to features of shape (size,), if it is near enough.

        It is when a random hypervector would be so near with a probability of `FALSE_ACCEPT`, and
        when it is hardly farther than the examples are. Raises SignalError.
        """
        query = self.encoder.encode(features)
        self.learn()
        if not self._names:
            return None
        self._prototypes.search(query, out=self._found)
        row, distance = int(self._found.ids[0]), int(self._found.distances[0])
        return Nearest(self._names[row], distance) if distance <= self._limits[row] else None

    def learn(self) -> None:
        """Make the prototypes now, if examples changed; otherwise the next stimulus waits for it."""
        if self._learnt:
            return
        self._learnt = True
        self._names = list(self._vectors)
        self._prototypes, self._limits = ItemMemory(), []
        if not self._names:
            return
        words = [vectors.words for vectors in self._vectors.values()]
        labels = [name for name, vectors in self._vectors.items() for _ in range(len(vectors))]
        classifier = Classifier(self._names)
        together = Hypervectors.from_words(np.concatenate(words))
        classifier.fit(together, labels)
        if len(self._names) > 1:
            classifier.retrain(together, labels, EPOCHS, batch=BATCH)
        prototypes = classifier.prototypes
        self._prototypes.add(prototypes)
        random = self._prototypes.threshold(FALSE_ACCEPT)
        for vectors, prototype in zip(self._vectors.values(), prototypes, strict=True):
            own = vectors.distances(prototype)
            reach = own.mean() + REACH * own.std() if len(vectors) > 1 else random
            self._limits.append(min(round(reach), random))

    def stored(self) -> StoredSense:
        """What a file keeps of them."""
        return StoredSense(self.features, dict(self._vectors))

    @classmethod
    def restored(cls, sense: str, stored: StoredSense) -> Self:
        """The examples that a file kept."""
        examples = cls(sense, stored.features)
        examples._vectors = dict(stored.vectors)
        return examples
