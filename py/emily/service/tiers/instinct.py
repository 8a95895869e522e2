"""The instinct tier: what is sensed raises reflexes, before anything else has heard of it."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from emily.contracts.messages import AlphaFrame, Check, ReflexEvent, Stimulus
from emily.contracts.topics import ALPHA, REFLEX, SENSE
from emily.instinct.alpha import AlphaOscillatoryAttention
from emily.instinct.liquid.arousal import Arousal
from emily.instinct.reflex import AUDIO, RATE_HZ, Ear, Firing, ReflexRegistry
from emily.nervous_system.node import Message, Node
from emily.service.microphone import Microphone

MAX_SOURCES = 16
"""Microphones that are listened to at once. A new one takes the place of one that fell silent."""
SILENT_NS = 1_000_000_000
MAX_BLOCK = 1_600
"""Samples of a block, 100 ms: the reflex of a longer one would be late."""
AHEAD_NS = 20_000_000
"""How far in the future a stimulus may claim to be."""
ALPHA_NS = 125_000_000
"""A cycle of alpha, in which one frame is told."""


class InstinctTier:
    """Sounds and other stimuli in, reflexes out; a reflex past its deadline is dropped and counted."""

    name = "instinct"
    period_s = 1.0

    def __init__(self, registry: ReflexRegistry, *, microphone: Path | None = None) -> None:
        """Take the reflexes, and a file that delivers sound as it is heard."""
        self.registry = registry
        self._microphone = microphone
        self._ears: OrderedDict[str, tuple[Ear, int]] = OrderedDict()
        """By source, the one heard last at the end, and when that was."""
        self._gated_ns = 0
        self._alpha = AlphaOscillatoryAttention()
        self._arousal = Arousal()
        self._felt_ns = 0
        self._late = self._refused = self._fired = 0

    def start(self, node: Node) -> None:
        """Subscribe."""
        self._node = node
        node.subscribe(SENSE, self._sensed)
        if self._microphone is not None:
            Microphone(self._microphone, node).start()

    def step(self, now_ns: int) -> None:
        """Nothing is due: a reflex waits for nothing."""

    def checks(self) -> Mapping[str, Check]:
        """Tell whether there is anything to react with."""
        return {"reflexes": Check(ok=len(self.registry) > 0)}

    def counters(self) -> Mapping[str, float]:
        """How many reflexes fired, how many came too late, how many stimuli could not be used."""
        return {
            "fired": self._fired,
            "late": self._late + self.registry.late,
            "suppressed": self.registry.suppressed,
            "refused": self._refused,
        }

    def close(self) -> None:
        """Nothing is held."""

    def process(
        self, modality: str, source: str, stimulus: Stimulus, attachment: bytes = b""
    ) -> list[ReflexEvent]:
        """Return the reflexes that a stimulus raises. ValueError: it cannot be used."""
        if stimulus.t0_ns > time.monotonic_ns() + AHEAD_NS:
            msg = "the stimulus is of the future"
            raise ValueError(msg)
        if modality == AUDIO:
            firings = self._hear(source, stimulus, attachment)
        else:
            firing = self.registry.feel(
                modality, stimulus.features, stimulus.t0_ns, time.monotonic_ns()
            )
            firings = [firing] if firing else []
        events = [self._event(modality, firing) for firing in firings]
        return [event for event in events if event is not None]

    def _sensed(self, message: Message[Stimulus]) -> None:
        _, _, _, _, modality, source = message.key.split("/")
        try:
            events = self.process(modality, source, message.body, message.attachment)
        except ValueError:
            self._refused += 1
            return
        for event in events:
            self._node.publish(REFLEX, event, after=message.envelope, name=event.name)
        now_ns = time.monotonic_ns()
        if message.body.features and now_ns - self._gated_ns >= ALPHA_NS:
            self._gated_ns = now_ns
            self._gate(message)

    def _hear(self, source: str, stimulus: Stimulus, attachment: bytes) -> list[Firing]:
        if len(attachment) % 2 or len(attachment) > 2 * MAX_BLOCK or stimulus.rate_hz != RATE_HZ:
            msg = f"sound is int16 at {RATE_HZ} Hz, at most {MAX_BLOCK} samples at once"
            raise ValueError(msg)
        now_ns = time.monotonic_ns()
        known = self._ears.pop(source, None)
        ear = known[0] if known else self._new_ear(now_ns)
        self._ears[source] = ear, now_ns
        return ear.hear(np.frombuffer(attachment, "<i2"), stimulus.t0_ns)

    def _new_ear(self, now_ns: int) -> Ear:
        if len(self._ears) >= MAX_SOURCES:
            silent, (_, heard_ns) = next(iter(self._ears.items()))
            if now_ns - heard_ns < SILENT_NS:
                msg = f"{MAX_SOURCES} microphones are listened to already"
                raise ValueError(msg)
            del self._ears[silent]
        return Ear(self.registry)

    def _event(self, modality: str, firing: Firing) -> ReflexEvent | None:
        now_ns = time.monotonic_ns()
        if now_ns > firing.deadline_ns:
            self._late += 1
            return None
        self._fired += 1
        since_s = (now_ns - self._felt_ns) / 1e9 if self._felt_ns else 0.0
        arousal = self._arousal.feel(0.0, since_s)
        self._arousal.feel(firing.salience, 0.0)
        self._felt_ns = now_ns
        return ReflexEvent(
            name=firing.name,
            action=firing.action,
            salience=firing.salience,
            arousal=arousal,
            modality=modality,
            distance=firing.distance,
            t0_ns=firing.t0_ns,
            latency_ms=max(0.0, (now_ns - firing.t0_ns) / 1e6),
            deadline_ns=firing.deadline_ns,
        )

    def _gate(self, message: Message[Stimulus]) -> None:
        fired = self._alpha.fire(message.body.features)
        self._node.publish(
            ALPHA,
            AlphaFrame(
                frequency_hz=self._alpha.frequency,
                order=tuple(one.index for one in fired),
                t_ms=tuple(one.t_ms for one in fired),
            ),
            after=message.envelope,
        )
