"""The table of reflexes: what raises each, which comes first, and when it may not fire."""

from collections.abc import Iterator
from dataclasses import replace

from numpy.typing import ArrayLike

from emily.instinct.hdc.files import StrPath
from emily.instinct.reflex import store
from emily.instinct.reflex.bands import BANDS, LOW_LEVEL, MOST_LEVEL
from emily.instinct.reflex.encoder import Range, finite
from emily.instinct.reflex.entries import AUDIO, Firing, Match, Reflex
from emily.instinct.reflex.errors import EntryError, RegistryFileError
from emily.instinct.reflex.examples import Examples

AUDIO_RANGE = Range(BANDS, LOW_LEVEL, MOST_LEVEL)


class ReflexRegistry:
    """Reflexes by name, each raised by examples, by a condition, or by either.

    Among the examples of a sense the nearest decides, when it is near enough (`Examples.nearest`).
    Of its reflex and those whose condition holds the one of the highest priority fires; of equal ones
    that of the nearest example, then the one added first.
    """

    def __init__(self) -> None:
        self.late = 0
        """Firings that were dropped because their deadline had passed."""
        self.suppressed = 0
        """Firings that were dropped because the reflex was refractory."""
        self._reflexes: dict[str, Reflex] = {}
        self._examples: dict[str, Examples] = {}
        self._conditional: dict[str, list[Reflex]] = {}
        self._fired_ns: dict[str, int] = {}

    def add(
        self, reflex: Reflex, examples: ArrayLike | None = None, *, within: Range | None = None
    ) -> None:
        """Add a reflex, with `examples` of its stimulus: features of shape (n, size), n >= 1.

        The first examples of a sense fix its features for good: their number, and from where to
        where they are told apart, which is `within` or 0 to 1. Those of the sense "audio" are the
        BANDS levels of the ear. Raises EntryError for a name that is there or a reflex that nothing
        raises, SignalError for features that do not fit.
        """
        if reflex.name in self._reflexes:
            raise EntryError(f"name: {reflex.name} is in the registry; remove it first")
        if examples is None and reflex.condition is None:
            raise EntryError(f"{reflex.name} has neither examples nor a condition to raise it")
        if examples is not None:
            features = finite(examples, 2)
            known = self._examples.get(reflex.sense)
            if reflex.sense == AUDIO:
                fixed = AUDIO_RANGE
            else:
                fixed = known.features if known else within or Range(features.shape[1])
            if within not in (None, fixed):
                raise EntryError(f"the features of {reflex.sense} are {fixed}, not {within}")
            known = known or Examples(reflex.sense, fixed)
            known.add(reflex.name, known.encoder.encode_batch(features))
            self._examples[reflex.sense] = known
        self._enter(reflex)

    def remove(self, name: str) -> None:
        """Forget a reflex and its examples. Raises EntryError."""
        reflex = self[name]
        if reflex.sense in self._examples:
            self._examples[reflex.sense].remove(name)
        if reflex.condition:
            self._conditional[reflex.sense].remove(reflex)
        del self._reflexes[name]
        self._fired_ns.pop(name, None)

    def set_times(
        self, *, refractory_ms: float | None = None, deadline_ms: float | None = None
    ) -> None:
        """Give every reflex these times; None leaves each its own. Raises EntryError."""
        self._reflexes = {
            name: replace(
                reflex,
                refractory_ms=reflex.refractory_ms if refractory_ms is None else refractory_ms,
                deadline_ms=reflex.deadline_ms if deadline_ms is None else deadline_ms,
            )
            for name, reflex in self._reflexes.items()
        }
        self._conditional = {
            sense: [self._reflexes[reflex.name] for reflex in reflexes]
            for sense, reflexes in self._conditional.items()
        }

    def learn(self) -> None:
        """Learn from the examples now, a tenth of a second for a thousand.

        Otherwise the first stimulus after examples were added or removed waits for it.
        """
        for examples in self._examples.values():
            examples.learn()

    def match(self, sense: str, features: ArrayLike) -> Match | None:
        """The reflex that features of shape (size,) raise, whether it may fire now or not.

        Raises SignalError.
        """
        numbers = finite(features, 1)
        found = [
            Match(reflex, 0)
            for reflex in self._conditional.get(sense, ())
            if reflex.condition and reflex.condition.holds(numbers)
        ]
        if sense in self._examples and (nearest := self._examples[sense].nearest(numbers)):
            found.insert(0, Match(self._reflexes[nearest.name], nearest.distance))
        return max(found, key=lambda match: match.reflex.priority, default=None)

    def fire(self, match: Match, salience: float, t0_ns: int, at_ns: int) -> Firing | None:
        """The firing of a match, unless the reflex is refractory or the deadline has passed.

        `t0_ns` is when the stimulus began, `at_ns` is now: monotonic times.
        """
        reflex = match.reflex
        fired_ns = self._fired_ns.get(reflex.name)
        # after a clock was set back nothing is refractory
        if fired_ns is not None and 0 <= at_ns - fired_ns < reflex.refractory_ms * 1e6:
            self.suppressed += 1
            return None
        deadline_ns = t0_ns + round(reflex.deadline_ms * 1e6)
        if at_ns > deadline_ns:
            self.late += 1
            return None
        self._fired_ns[reflex.name] = at_ns
        return Firing(
            name=reflex.name,
            action=reflex.action,
            priority=reflex.priority,
            salience=min(max(salience, 0.0), 1.0),
            distance=match.distance,
            t0_ns=t0_ns,
            at_ns=at_ns,
            deadline_ns=deadline_ns,
        )

    def feel(self, sense: str, features: ArrayLike, t0_ns: int, at_ns: int) -> Firing | None:
        """What a stimulus that is no sound raises at `at_ns`: features of shape (size,).

        Its salience is that of its features. Raises SignalError.
        """
        match = self.match(sense, features)
        return None if match is None else self.fire(match, salience(features), t0_ns, at_ns)

    def save(self, path: StrPath) -> None:
        """Write reflexes and examples to one file, which is replaced as a whole.

        What fired when is not kept. Raises RegistryFileError.
        """
        store.save(
            path,
            list(self._reflexes.values()),
            {
                sense: stored
                for sense, examples in self._examples.items()
                if (stored := examples.stored()).vectors
            },
        )

    @classmethod
    def load(cls, path: StrPath) -> "ReflexRegistry":
        """Read what `save` wrote; raises RegistryFileError."""
        reflexes, senses = store.load(path)
        registry = cls()
        for reflex in reflexes:
            registry._enter(reflex)
        for sense, stored in senses.items():
            if sense == AUDIO and stored.features != AUDIO_RANGE:
                raise RegistryFileError(f"{path} is for another ear: {stored.features}")
            registry._examples[sense] = Examples.restored(sense, stored)
        registry.learn()
        return registry

    def _enter(self, reflex: Reflex) -> None:
        self._reflexes[reflex.name] = reflex
        if reflex.condition:
            self._conditional.setdefault(reflex.sense, []).append(reflex)

    def __getitem__(self, name: str) -> Reflex:
        if name not in self._reflexes:
            raise EntryError(f"name: {name!r} is not in the registry")
        return self._reflexes[name]

    def __contains__(self, name: object) -> bool:
        return name in self._reflexes

    def __iter__(self) -> Iterator[Reflex]:
        return iter(list(self._reflexes.values()))

    def __len__(self) -> int:
        return len(self._reflexes)


def salience(features: ArrayLike) -> float:
    """How strong the strongest of features of shape (size,) is, from 0 to 1. Raises SignalError."""
    return min(1.0, float(abs(finite(features, 1)).max()))
