"""Snapshots as a running loop would send them, made with the real contracts."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from emily.contracts.messages import (
    Broadcast,
    Check,
    CircadianState,
    Evicted,
    Held,
    Hypotheses,
    NeuroState,
    Policy,
    ReflexEvent,
    Will,
)
from emily.contracts.snapshot import SeenEviction, SeenReflex, Snapshot, TierView

BEGAN = datetime(2031, 3, 14, 9, 26, 53, tzinfo=UTC)

NOTHING_HEARD = Snapshot(
    node="cloudlab",
    at=BEGAN.isoformat(),
    status="healthy",
    checks={},
    reflex_deadline_ms=50,
    reflexes=(),
    workspace=None,
    evicted=(),
    neuro=None,
    circadian=None,
    will=None,
    hypotheses=None,
    tiers=(),
    alpha_hz=8,
    messages=0,
    dropped=0,
    restarts=0,
)

_REFLEXES = (
    ("clap", "orient", "audio", 0.82, 4021),
    ("alarm", "withdraw", "audio", 0.97, 3712),
    ("voice", "attend", "audio", 0.74, 4310),
    ("looming", "blink", "visual", 0.91, None),
)


def reflex(i: int, latency_ms: float, age_s: float, which: int = 0) -> SeenReflex:
    """Reflex `i`; `which` chooses its name and what belongs to it."""
    name, action, modality, salience, distance = _REFLEXES[which % len(_REFLEXES)]
    return SeenReflex(
        id=f"01REFLEX{i:018d}",
        age_s=age_s,
        event=ReflexEvent(
            name=name,
            action=action,
            salience=salience,
            modality=modality,
            distance=distance,
            t0_ns=i,
            latency_ms=latency_ms,
            deadline_ns=i + 50_000_000,
        ),
    )


def held(ref: str, content: str, salience: float, kind: str = "audio") -> Held:
    return Held(
        ref=ref, kind=kind, source="instinct", content=content, salience=salience, entered_ns=1
    )


def evicted(content: str, by: str | None, at_ns: int = 1, age_s: float = 0.4) -> SeenEviction:
    left = Evicted(held=held(f"left-{at_ns}", content, 0.41), by=by, at_ns=at_ns)
    return SeenEviction(age_s=age_s, eviction=left)


_CONTENTS = (
    ("ref-alarm", "smoke alarm, left, rising", 0.96, "audio"),
    ("ref-face", "a face, close", 0.91, "visual"),
    ("ref-voice", "voice: “are you there?”", 0.84, "audio"),
    ("ref-clap", "two claps", 0.79, "audio"),
    ("ref-plan", "go to the door", 0.76, "will"),
    ("ref-memory", "the kitchen, last winter", 0.72, "memory"),
)


def lively(second: float = 0, **changed: object) -> Snapshot:
    """The loop at work, `second` seconds after it began."""
    hour = (9.4 + second / 12) % 24
    phase = (hour - 6.2) % 24
    cells = tuple(_cell(i, int(second)) for i in range(100))
    fade = math.exp(-(second % 7) / 30)
    parts = {
        "at": (BEGAN + timedelta(seconds=second)).isoformat(),
        "checks": CHECKS,
        "reflexes": tuple(_fired(second)),
        "workspace": Broadcast(
            contents=tuple(held(ref, what, s * fade, kind) for ref, what, s, kind in _CONTENTS),
            capacity=7,
            threshold=0.7,
            entered="ref-alarm",
        ),
        "evicted": (
            evicted("refrigerator hum", "ref-alarm", 3, 2.1),
            evicted("rain on the window", "ref-face", 2, 9.7),
            evicted("a cursor, blinking", None, 1, 31.0),
        ),
        "neuro": NeuroState(
            levels={
                "dopamine": 0.62,
                "serotonin": 0.48,
                "oxytocin": 0.37,
                "cortisol": 0.71,
                "norepinephrine": 0.83,
            },
            setpoints={
                "dopamine": 0.5,
                "serotonin": 0.5,
                "oxytocin": 0.4,
                "cortisol": 0.6,
                "norepinephrine": 0.45,
            },
            gain=1.34,
            threshold=0.66,
            social_gain=0.97,
            precision=1.12,
        ),
        "circadian": CircadianState(
            local_time=f"{int(hour):02d}:{int(hour % 1 * 60):02d}",
            phase_hours=phase,
            cortisol=math.exp(math.cos((phase - 2.5) / 24 * math.tau) - 1),
            melatonin=math.exp(1.9 * (math.cos((phase + 2) / 24 * math.tau) - 1)),
            pressure=0.34,
            asleep=not 7 <= hour < 23,
            multiplier=0.92,
        ),
        "will": WILL,
        "hypotheses": Hypotheses(
            hypotheses=cells,
            unique=len(set(cells)),
            diversity=0.71,
            mode_collapse=False,
            model_version="hypergrid-8x4-1",
            latency_ms=6.4,
        ),
        "tiers": TIERS,
        "alpha_hz": 8.0,
        "messages": int(48_210 + second * 131),
        "dropped": 2,
        "restarts": 1,
        "multiplier": 0.92,
    }
    return Snapshot.model_validate({**dict(NOTHING_HEARD), **parts, **changed})


def _fired(second: float) -> Iterator[SeenReflex]:
    newest = int(second * 1.1) + 50
    for i in range(newest, newest - 50, -1):
        latency = 24 + 9 * math.sin(i * 2.4) + (31.5 if i % 23 == 9 else 0) + i % 5
        yield reflex(i, latency, second - (i - 50) / 1.1, (i * i) % 7)


def _cell(i: int, second: int) -> tuple[int, ...]:
    """Nine of ten on the modes' plateau, as the trained sampler has it, the tenth anywhere."""
    mixed = (i * 2_654_435_761 + second * 40_503) % (1 << 32)
    near = (1, 1, 6, 6, 0, 1, 6, 7)
    digits = [(mixed >> shift) & 7 for shift in (5, 11, 17, 23)]
    return tuple(digits if i % 10 == 0 else (near[digit] for digit in digits))


WILL = Will(
    action="cue",
    policies=(
        Policy(actions=("cue", "cue"), efe=7.0308, efe_score=0.09, q=0.91),
        Policy(actions=("cue", "left"), efe=8.1288, efe_score=0.95, q=0.05),
        Policy(actions=("cue", "right"), efe=8.1288, efe_score=0.97, q=0.03),
        Policy(actions=("stay", "stay"), efe=8.4171, efe_score=0.992, q=0.008),
        Policy(actions=("left", "left"), efe=9.2269, efe_score=0.999, q=0.001),
        Policy(actions=("right", "right"), efe=9.2269, efe_score=0.999, q=0.001),
    ),
    beliefs={"reward left": 0.52, "reward right": 0.48, "somebody near": 0.87, "danger": 0.31},
    latency_ms=8.6,
)

CHECKS = {
    name: Check(ok=True)
    for name in ("bus", "instinct", "nervous", "metabolism", "cognition", "memory", "flags", "disk")
}

TIERS = tuple(
    TierView(
        tier=tier,
        up=True,
        uptime_s=uptime_s,
        rss_mb=rss_mb,
        checks={"bus": Check(ok=True), watched: Check(ok=True)},
        counters={"handled": 10.0},
    )
    for tier, uptime_s, rss_mb, watched in (
        ("instinct", 93_784.0, 61.4, "deadline"),
        ("nervous", 93_783.0, 48.2, "workspace"),
        ("metabolism", 93_783.0, 44.9, "clock"),
        ("cognition", 754.0, 96.3, "memory"),
    )
)

FULL = Broadcast(
    contents=tuple(held(f"ref-{i}", f"content {i}", 0.95 - i / 50) for i in range(9)),
    capacity=9,
    threshold=0.7,
)

EMPTY = Broadcast(contents=(), capacity=7, threshold=0.7)


def degraded(second: float = 0) -> Snapshot:
    """The router is gone and cognition with it, and a disk is full."""
    full, silent = Check(ok=False, detail="no space left"), "its liveliness token is not there"
    failed = {
        "bus": Check(ok=False, detail="no router is reached"),
        "cognition": Check(ok=False, detail=silent),
        "disk": full,
    }
    nervous = TIERS[1].model_copy(update={"checks": {"bus": Check(ok=True), "disk": full}})
    cognition = TIERS[3].model_copy(update={"up": False})
    tiers = (TIERS[0], nervous, TIERS[2], cognition)
    return lively(second, status="degraded", checks=CHECKS | failed, tiers=tiers)
