"""The global workspace: few contents at once, for which everything that is salient competes.

Baars 1988, "A Cognitive Theory of Consciousness"; the capacity of 7 +- 2 is Miller's (1956,
Psychological Review 63), the ignition threshold follows Dehaene & Changeux (2011, Neuron 70).
"""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from emily.contracts.messages import Broadcast, Candidate, Evicted, Held


class WorkspaceError(ValueError):
    """A setting of the workspace, or a time, that makes no sense."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What enters the workspace, and how long it stays.

    `capacity` is 5 to 9, or from 1 with `below_miller`; `threshold` is the salience from which
    something ignites; when the workspace is full it must beat the weakest by `hysteresis`. Salience
    halves in `half_life_s` seconds; what falls below `floor` has faded. A candidate's salience is
    increased by `surprise_weight` and `goal_weight` of its surprise and goal match.
    """

    capacity: int = 7
    threshold: float = 0.7
    hysteresis: float = 0.05
    half_life_s: float = 20.0
    floor: float = 0.1
    surprise_weight: float = 0.2
    goal_weight: float = 0.2
    below_miller: bool = False

    def __post_init__(self) -> None:
        if not (1 if self.below_miller else 5) <= self.capacity <= 9:
            msg = (
                f"capacity is 5 to 9 (Miller 1956), not {self.capacity}; below_miller allows 1 to 4"
            )
            raise WorkspaceError(msg)
        for name in ("threshold", "hysteresis", "floor", "surprise_weight", "goal_weight"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} is from 0 to 1, not {getattr(self, name)}"
                raise WorkspaceError(msg)
        if not 0 < self.half_life_s < math.inf:
            msg = f"half_life_s is a positive number of seconds, not {self.half_life_s}"
            raise WorkspaceError(msg)


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    """A content by strength. All salience decays alike, so that the order never changes with time."""

    strength: float
    """log2 of the salience that it would have had at time 0."""
    age: int
    """Minus the number of its submission: of two that are equally strong, the earlier is ahead."""
    held: Held


class GlobalWorkspace:
    """At most `capacity` contents; times are monotonic nanoseconds and never run backwards."""

    def __init__(self, rules: Rules = Rules()) -> None:
        self.rules = rules
        self._entries: list[_Entry] = []
        """By strength, the weakest first."""
        self._submitted = 0
        self._now_ns = 0

    def __len__(self) -> int:
        return len(self._entries)

    def is_conscious(self, ref: str) -> bool:
        """Tell whether something is in the workspace."""
        return any(entry.held.ref == ref for entry in self._entries)

    def salience(self, candidate: Candidate, *, gain: float = 1.0) -> float:
        """Return a candidate's salience, from 0 to 1: its own, its surprise and its goal match."""
        rules = self.rules
        total = (
            candidate.salience
            + rules.surprise_weight * candidate.surprise
            + rules.goal_weight * candidate.goal_match
        )
        return min(1.0, max(0.0, gain * total))

    def submit(
        self,
        candidate: Candidate,
        now_ns: int,
        *,
        gain: float = 1.0,
        threshold: float | None = None,
    ) -> Broadcast | None:
        """Let a candidate compete; return the broadcast when that changed what the workspace holds.

        `gain` and `threshold` are the metabolism's. What is there already is refreshed, never doubled.
        """
        self._advance(now_ns)
        evicted = list(self._faded(now_ns))
        least = self.rules.threshold if threshold is None else threshold
        salience = self.salience(candidate, gain=gain)
        entered = salience > max(least, 0.0) and self._enter(candidate, salience, now_ns, evicted)
        if not entered and not evicted:
            return None
        ref = candidate.ref if entered else None
        return self.broadcast(now_ns, entered=ref, evicted=evicted, threshold=threshold)

    def fade(self, now_ns: int, *, threshold: float | None = None) -> Broadcast | None:
        """Let go of what faded; return the broadcast when something did."""
        self._advance(now_ns)
        evicted = list(self._faded(now_ns))
        return self.broadcast(now_ns, evicted=evicted, threshold=threshold) if evicted else None

    def broadcast(
        self,
        now_ns: int,
        *,
        entered: str | None = None,
        evicted: Sequence[Evicted] = (),
        threshold: float | None = None,
    ) -> Broadcast:
        """Return what the workspace holds, the most salient first, with its salience by now."""
        contents = tuple(
            entry.held.model_copy(update={"salience": self._salience(entry, now_ns)})
            for entry in reversed(self._entries)
        )
        return Broadcast(
            contents=contents,
            capacity=self.rules.capacity,
            threshold=self.rules.threshold if threshold is None else threshold,
            entered=entered,
            evicted=tuple(evicted),
        )

    def _enter(
        self, candidate: Candidate, salience: float, now_ns: int, evicted: list[Evicted]
    ) -> bool:
        """Make room for a candidate if it is strong enough, adding who leaves to `evicted`."""
        strength = math.log2(salience) + now_ns / (self.rules.half_life_s * 1e9)
        known = next((e for e in self._entries if e.held.ref == candidate.ref), None)
        if known is not None:
            if strength <= known.strength:
                return False
            self._entries.remove(known)
        elif len(self._entries) == self.rules.capacity:
            weakest = self._entries[0]
            if salience <= self._salience(weakest, now_ns) + self.rules.hysteresis:
                return False
            del self._entries[0]
            evicted.append(self._evicted(weakest, now_ns, by=candidate.ref))
        self._submitted += 1
        held = Held(
            ref=candidate.ref,
            kind=candidate.kind,
            source=candidate.source,
            content=candidate.content,
            salience=salience,
            entered_ns=known.held.entered_ns if known else now_ns,
        )
        insort(self._entries, _Entry(strength, -self._submitted, held))
        return True

    def _salience(self, entry: _Entry, now_ns: int) -> float:
        return min(1.0, math.exp2(entry.strength - now_ns / (self.rules.half_life_s * 1e9)))

    def _faded(self, now_ns: int) -> Sequence[Evicted]:
        floor = self.rules.floor
        if floor == 0:
            return []
        least = math.log2(floor) + now_ns / (self.rules.half_life_s * 1e9)
        number = bisect_left(self._entries, least, key=lambda entry: entry.strength)
        gone, self._entries = self._entries[:number], self._entries[number:]
        return [self._evicted(entry, now_ns, by=None) for entry in gone]

    def _evicted(self, entry: _Entry, now_ns: int, *, by: str | None) -> Evicted:
        held = entry.held.model_copy(update={"salience": self._salience(entry, now_ns)})
        return Evicted(held=held, by=by, at_ns=now_ns)

    def _advance(self, now_ns: int) -> None:
        if now_ns < self._now_ns:
            msg = f"time ran backwards: {now_ns} ns after {self._now_ns} ns"
            raise WorkspaceError(msg)
        self._now_ns = now_ns
