"""The nervous tier: what is salient competes for the global workspace, and all hear what it holds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emily.contracts.messages import (
    Broadcast,
    Candidate,
    Check,
    NeuroState,
    ReflexEvent,
    Will,
)
from emily.contracts.topics import BROADCAST, CANDIDATE, NEURO, REFLEX, WILL
from emily.nervous_system.node import Message, Node
from emily.nervous_system.workspace import GlobalWorkspace, Rules

SOUGHT: Mapping[str, frozenset[str]] = {
    "look": frozenset({"visual", "voice"}),
    "greet": frozenset({"voice"}),
    "alert": frozenset({"alarm"}),
}
"""What each action is after: it has the goal match of a candidate. Our choice."""

SOCIAL: Final = frozenset({"voice"})


@dataclass(frozen=True, slots=True)
class _Tuning:
    """What the metabolism asks for; without it, the workspace's own threshold."""

    gain: float = 1.0
    social_gain: float = 1.0
    threshold: float | None = None


class NervousTier:
    """Reflexes and candidates in, broadcasts out, on every change of what the workspace holds."""

    name = "nervous"
    period_s = 0.25

    def __init__(self, rules: Rules) -> None:
        self.workspace = GlobalWorkspace(rules)
        self._tuning = _Tuning()
        self._sought: frozenset[str] = frozenset()
        self._entered = self._turned_away = 0
        self._now_ns = 0

    def start(self, node: Node) -> None:
        """Subscribe."""
        self._node = node
        node.subscribe(REFLEX, self._reflex)
        node.subscribe(CANDIDATE, lambda message: self._submit(message, message.body))
        node.subscribe(NEURO, lambda message: self._tune(message.body))
        node.subscribe(WILL, self._will)

    def step(self, now_ns: int) -> None:
        """Let go of what faded."""
        self._now_ns = max(self._now_ns, now_ns)
        faded = self.workspace.fade(self._now_ns, threshold=self._tuning.threshold)
        if faded is not None:
            self._node.publish(BROADCAST, faded)

    def checks(self) -> Mapping[str, Check]:
        """Nothing here can be unwell by itself."""
        return {}

    def counters(self) -> Mapping[str, float]:
        """How many candidates entered, and how many did not."""
        return {"entered": self._entered, "turned_away": self._turned_away}

    def close(self) -> None:
        """Nothing is held."""

    def _tune(self, state: NeuroState) -> None:
        self._tuning = _Tuning(state.gain, state.social_gain, state.threshold)

    def _will(self, message: Message[Will]) -> None:
        self._sought = SOUGHT.get(message.body.action, frozenset())

    def _reflex(self, message: Message[ReflexEvent]) -> None:
        event = message.body
        candidate = Candidate(
            ref=f"reflex/{event.name}",
            kind=event.kind,
            source=event.modality,
            content=f"{event.name}: {event.action}",
            salience=event.salience,
            surprise=1.0 - event.arousal,
            goal_match=float(event.kind in self._sought),
        )
        self._submit(message, candidate)

    def _submit(
        self, message: Message[ReflexEvent] | Message[Candidate], candidate: Candidate
    ) -> None:
        self._now_ns = max(self._now_ns, time.monotonic_ns())
        gain = self._tuning.gain
        if candidate.kind in SOCIAL:
            gain *= self._tuning.social_gain
        broadcast = self.workspace.submit(
            candidate, self._now_ns, gain=gain, threshold=self._tuning.threshold
        )
        entered = broadcast is not None and broadcast.entered is not None
        self._entered += entered
        self._turned_away += not entered
        if broadcast is not None:
            self._tell(broadcast, message)

    def _tell(
        self, broadcast: Broadcast, message: Message[ReflexEvent] | Message[Candidate]
    ) -> None:
        self._node.publish(BROADCAST, broadcast, after=message.envelope)
