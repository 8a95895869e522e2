"""Blocks of sound in, reflexes out."""

from emily.instinct.reflex.audio import FrontEnd
from emily.instinct.reflex.entries import AUDIO, Firing
from emily.instinct.reflex.framing import FRAME, HOP, SAMPLE_NS, Block, Faults, Frame, Framer
from emily.instinct.reflex.registry import ReflexRegistry

CALM = 0.5
"""Below this share of the threshold novelty is over..."""

CALM_FRAMES = 2
"""...when it stays there for so many frames: then the next sound can raise a reflex."""

ONSET = 128
"""Samples from the beginning of a window that is novel to the onset in it, at the mean."""

TRIES = 3
"""Frames in which a sound is given a name; later nobody could be in time."""


class Ear:
    """One microphone's way from samples to reflexes.

    Novelty opens a gate; the hypervector of the last 20 ms and 10 ms more is then looked for among
    the registry's examples. A sound raises at most one reflex: the gate opens again when it is over.
    """

    def __init__(self, registry: ReflexRegistry, *, false_alarm: float = 1e-6) -> None:
        self.registry = registry
        self.unnamed = 0
        """Sounds that were novel but like no example."""
        self._front = FrontEnd(false_alarm)
        self._framer = Framer()
        self._open = False
        self._calm = 0
        self._tries = 0
        self._t0_ns = 0

    @property
    def faults(self) -> Faults:
        """What was wrong with the blocks, counted."""
        return self._framer.faults

    @property
    def settled(self) -> bool:
        """Whether the background is known: half a second of sound after the first sample."""
        return self._front.settled

    @property
    def novelty(self) -> float:
        """How novel the newest frame is: above 1 the gate opens."""
        return self._front.novelty

    def hear(self, block: Block, t0_ns: int) -> list[Firing]:
        """The reflexes that a block of 16 kHz samples raises, its first sample heard at `t0_ns`.

        `block` has the shape (n,): int16, or floats from -1 to 1. `t0_ns` is a monotonic time; where
        it is not that of the block before and its length, samples are missing or come twice, which
        is counted in `faults`. Blocks of 10 ms are heard in time; the firing of a longer one may be
        late, and is dropped. Raises SignalError, and goes on with the next block.
        """
        firings = []
        for frame in self._framer.frames(block, t0_ns):
            if self._notices(frame):
                at_ns = t0_ns + len(block) * SAMPLE_NS
                firing = self._named(int(at_ns))
                if firing is not None:
                    firings.append(firing)
        return firings

    def _notices(self, frame: Frame) -> bool:
        """Whether a new sound is there, and there was enough of it to give it a name."""
        novelty = self._front.hear(frame)
        if frame.after_break:
            self._open = False
        if not self._open:
            if novelty <= 1:
                return False
            self._open, self._calm, self._tries = True, 0, TRIES
            before = (self._front.frames - 1) * HOP
            self._t0_ns = frame.end_ns - (FRAME + before - ONSET) * SAMPLE_NS
            # one frame may hold nothing but the beginning
            return self._front.frames > 1
        self._calm = self._calm + 1 if novelty < CALM else 0
        self._open = self._calm < CALM_FRAMES
        return self._tries > 0

    def _named(self, at_ns: int) -> Firing | None:
        match = self.registry.match(AUDIO, self._front.levels())
        if match is None:
            self._tries -= 1
            self.unnamed += self._tries == 0
            return None
        self._tries = 0
        return self.registry.fire(match, 1 - 2**-self._front.novelty, self._t0_ns, at_ns)
