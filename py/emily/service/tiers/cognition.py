"""The cognition tier: it weighs what to do, imagines, remembers, and is reminded."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from emily.cognition.gflownet import GFlowNet
from emily.cognition.inference.agent import GAMMA
from emily.cognition.inference.situation import Observed, SituationModel
from emily.cognition.inference.situation_numbers import KINDS
from emily.contracts.base import MAX_TEXT
from emily.contracts.messages import (
    Broadcast,
    Candidate,
    Check,
    CircadianState,
    Generate,
    Held,
    Hits,
    Hypotheses,
    NeuroState,
    Policy,
    RecallQuery,
    Remember,
    Will,
)
from emily.contracts.topics import (
    BROADCAST,
    CANDIDATE,
    CIRCADIAN,
    GENERATE,
    NEURO,
    SAMPLED,
    WILL,
)
from emily.nervous_system.node import Message, Node
from emily.service.tiers.memory import MemoryService

ATTENTION_S = 5.0
"""How long a content that entered the workspace is what cognition perceives."""
IMAGINE_S = 2.0
REMINDED_BY = 0.8
"""Similarity from which an episode that is recalled competes for the workspace."""
SOURCE = "memory"

_NEUTRAL = NeuroState(levels={}, setpoints={}, gain=1.0, threshold=0.7)


class CognitionTier:
    """Broadcasts in; policies, hypotheses, memories and candidates out."""

    name = "cognition"
    period_s = 1.0

    def __init__(
        self, choose: Callable[[str], GFlowNet], memory: MemoryService, *, samples: int = 100
    ) -> None:
        """Take `choose`, which gives the model for a query."""
        self._choose = choose
        self._memory = memory
        self._situation = SituationModel()
        self._neuro = _NEUTRAL.model_copy(update={"hypotheses": samples})
        self._asleep = False
        self._noticed: dict[str, tuple[int, Held]] = {}
        self._imagined_ns = self._drawn = 0

    def start(self, node: Node) -> None:
        """Subscribe and serve."""
        self._node = node
        node.subscribe(BROADCAST, self._broadcast)
        node.subscribe(NEURO, self._tune)
        node.subscribe(CIRCADIAN, self._sleep)
        node.serve(GENERATE, lambda message: self.generate(message.body))
        self._memory.start(node)

    def step(self, now_ns: int) -> None:
        """Decide again: what was noticed passes, and then nothing is perceived."""
        self._node.publish(WILL, self.decide(now_ns))

    def checks(self) -> Mapping[str, Check]:
        """Tell how the memory is."""
        return self._memory.checks()

    def counters(self) -> Mapping[str, float]:
        """Tell what the memory counted, and how often was imagined."""
        return {**self._memory.counters(), "imagined": self._drawn}

    def close(self) -> None:
        """Store what waits."""
        self._memory.close()

    def decide(self, now_ns: int) -> Will:
        """Weigh every policy by what was noticed of late."""
        begun_ns = time.perf_counter_ns()
        oldest_ns = now_ns - round(ATTENTION_S * 1e9)
        self._noticed = {ref: one for ref, one in self._noticed.items() if one[0] >= oldest_ns}
        policies = self._situation.decide(
            [_observed(held) for _, held in self._noticed.values() if held.kind in KINDS],
            gamma=GAMMA * self._neuro.precision,
            asleep=self._asleep,
        )
        return Will(
            action=policies[0].action,
            policies=tuple(
                Policy(actions=one.actions, efe=one.efe, efe_score=one.efe_score, q=one.q)
                for one in policies
            ),
            beliefs=self._situation.belief.situations,
            latency_ms=(time.perf_counter_ns() - begun_ns) / 1e6,
        )

    def generate(self, wanted: Generate) -> Hypotheses:
        """Sample hypotheses; the query chooses the seed."""
        begun_ns = time.perf_counter_ns()
        self._drawn += 1
        sampled = self._choose(wanted.query).generate(wanted.num_samples, self._drawn, wanted.query)
        return Hypotheses(
            hypotheses=sampled.hypotheses,
            unique=sampled.unique,
            diversity=sampled.diversity,
            mode_collapse=sampled.mode_collapse,
            model_version=sampled.model_version,
            latency_ms=(time.perf_counter_ns() - begun_ns) / 1e6,
        )

    def _tune(self, message: Message[NeuroState]) -> None:
        self._neuro = message.body

    def _sleep(self, message: Message[CircadianState]) -> None:
        self._asleep = message.body.asleep

    def _broadcast(self, message: Message[Broadcast]) -> None:
        entered = message.body.entered
        held = next((one for one in message.body.contents if one.ref == entered), None)
        if held is None or held.source == SOURCE:  # a memory is no perception
            return
        now_ns = time.monotonic_ns()
        self._noticed[held.ref] = now_ns, held
        will = self.decide(now_ns)
        self._node.publish(WILL, will, after=message.envelope)
        if now_ns - self._imagined_ns >= IMAGINE_S * 1e9:
            self._imagined_ns = now_ns
            wanted = Generate(query=held.content, num_samples=max(1, self._neuro.hypotheses))
            self._node.publish(SAMPLED, self.generate(wanted), after=message.envelope)
        affect = self._affect()
        lived = Remember(
            content=held.content,
            affect=affect,
            context={"kind": held.kind, "source": held.source, "action": will.action},
        )
        self._memory.store_later(lived)
        self._memory.recall_later(
            RecallQuery(text=held.content, k=5, affect=affect),
            lambda hits: self._be_reminded(message, held, hits),
        )

    def _be_reminded(self, message: Message[Broadcast], held: Held, found: Hits) -> None:
        """Let the most similar of the earlier episodes compete; on the memory's thread."""
        now = datetime.fromtimestamp(message.envelope.ts_ns / 1e9, UTC).isoformat()
        earlier = (hit for hit in found.hits if hit.timestamp < now)
        best = next((hit for hit in earlier if hit.similarity >= REMINDED_BY), None)
        if best is None:
            return
        reminded = Candidate(
            ref=f"{SOURCE}/{held.kind}",
            kind=held.kind,
            source=SOURCE,
            content=f"remembered: {best.content}"[:MAX_TEXT],
            salience=min(1.0, held.salience * max(0.0, best.similarity) * 0.9),
        )
        self._node.publish(CANDIDATE, reminded, after=message.envelope, source=SOURCE)

    def _affect(self) -> tuple[float, float, float]:
        """Valence, arousal and dominance by the transmitters' distances from their set points."""
        levels, setpoints = self._neuro.levels, self._neuro.setpoints
        off = {name: level - setpoints.get(name, level) for name, level in levels.items()}
        valence = off.get("dopamine", 0.0) + off.get("oxytocin", 0.0) - off.get("cortisol", 0.0)
        arousal = 2 * off.get("norepinephrine", 0.0)
        dominance = off.get("serotonin", 0.0) - off.get("cortisol", 0.0)
        return _bounded(valence), _bounded(arousal), _bounded(dominance)


def _observed(held: Held) -> Observed:
    return Observed(kind=held.kind, salience=held.salience)  # type: ignore[arg-type]  # in KINDS


def _bounded(value: float) -> float:
    return max(-1.0, min(1.0, value))
