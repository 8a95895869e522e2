"""The demo's scenario: a room with noise in which things happen, by day and by night."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from emily.instinct.reflex import sounds
from emily.nervous_system.node import Node
from emily.service.senses import RATE_HZ, Pcm, blocks, play, see

NOISE_RMS = 400.0
"""Of the background, in int16."""
SETTLE_S = 1.5
"""Noise before the first event: the ear learns the background."""

_KINDS = ("clap", "voice", "alarm", "sight")
_OFTEN = (0.4, 0.35, 0.1, 0.15)
_SIGHTS = ((0.1, 0.5, 0.9), (0.8, 0.2, 0.75), (0.3, 0.95, 0.4))


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the scenario, `at_s` seconds after the begin."""

    at_s: float
    kind: str


def happenings(seed: int, until_s: float, *, every_s: float = 3.0) -> list[Happening]:
    """Return what happens: about one event in `every_s` seconds, and nobody at night's quiet."""
    rng = np.random.default_rng(seed)
    found, at_s = [], SETTLE_S
    while (at_s := at_s + float(rng.uniform(0.5, 1.5)) * every_s) < until_s:
        found.append(Happening(at_s, str(rng.choice(_KINDS, p=_OFTEN))))
    return found


def room(seed: int, seconds: float, events: list[Happening]) -> Pcm:
    """Return the sound of the room, int16 at 16 kHz: pink noise, and the events at 6 dB above it."""
    rng = np.random.default_rng(seed)
    heard = sounds.pink(rng, round(seconds * RATE_HZ))
    heard *= NOISE_RMS / np.sqrt(np.mean(heard**2))
    for event in events:
        if event.kind not in sounds.EVENTS:
            continue
        sound = sounds.EVENTS[event.kind](rng)
        begin = round(event.at_s * RATE_HZ)
        background = heard[begin : begin + len(sound)]
        if len(background) == len(sound):
            heard[begin : begin + len(sound)] = sounds.mix(sound, background, 6.0)
    return np.clip(np.round(heard), -32_768, 32_767).astype(np.int16)


def run(
    node: Node,
    *,
    seed: int,
    seconds: float,
    tell: Callable[[Happening], None],
    stopped: Callable[[], bool],
) -> None:
    """Play the scenario in real time, or until it is stopped; `tell` hears of each event."""
    events = happenings(seed, seconds)
    pending = list(events)
    begin_ns = time.monotonic_ns()

    def live() -> Iterator[Pcm]:
        for block in blocks(room(seed, seconds, events)):
            if stopped():
                return
            now_s = (time.monotonic_ns() - begin_ns) / 1e9
            while pending and pending[0].at_s <= now_s:
                event = pending.pop(0)
                tell(event)
                if event.kind == "sight":
                    see(node, _SIGHTS[len(pending) % len(_SIGHTS)])
            yield block

    play(node, "microphone", live(), start_ns=begin_ns)
