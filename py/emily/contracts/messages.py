"""The bodies of the messages."""

from typing import Annotated, Literal

from pydantic import Field

from emily.contracts.base import Contract, Count, Name, Nanoseconds, Text, Unit

Transmitter = Literal["dopamine", "serotonin", "oxytocin", "cortisol", "norepinephrine"]
TRANSMITTERS: tuple[Transmitter, ...] = (
    "dopamine",
    "serotonin",
    "oxytocin",
    "cortisol",
    "norepinephrine",
)
Tier = Literal["instinct", "nervous", "metabolism", "cognition"]
TIERS: tuple[Tier, ...] = ("instinct", "nervous", "metabolism", "cognition")

Factor = Annotated[float, Field(ge=0, le=100)]

Signals = Annotated[tuple[float, ...], Field(max_length=1024)]


class Stimulus(Contract):
    """Something sensed: features, or samples in the attachment (audio: int16, little-endian).

    `t0_ns` is the monotonic time of the first sample; `seq` counts the blocks of a source.
    """

    kind: Name
    t0_ns: Nanoseconds
    seq: Count = 0
    rate_hz: Annotated[int, Field(gt=0, le=192_000)] | None = None
    features: Signals = ()


class ReflexEvent(Contract):
    """A reflex that fired.

    `latency_ms` runs from the estimated onset, `t0_ns`, to publication; `distance` is the Hamming
    distance, in bits, to the nearest prototype (None: no prototype was asked). `arousal` is how roused
    the senses were before it: what comes after silence is surprising.
    """

    name: Name
    action: Name
    salience: Unit
    arousal: Unit = 0.0
    modality: Name
    distance: Count | None = None
    t0_ns: Nanoseconds
    latency_ms: Annotated[float, Field(ge=0)]
    deadline_ns: Nanoseconds

    @property
    def kind(self) -> str:
        """What it is to the other tiers: a sound goes by its name, anything else by its sense."""
        return self.name if self.modality == "audio" else self.modality


class AlphaFrame(Contract):
    """One cycle of alpha gating: `order` are indices of the signals by firing time, `t_ms`."""

    frequency_hz: float
    order: tuple[int, ...]
    t_ms: tuple[float, ...]


class NeuroState(Contract):
    """The transmitters' levels and set points, and what follows from them for the other tiers.

    `gain` multiplies every salience, `social_gain` that of voices and faces once more; `threshold` is
    the salience that ignites; `hypotheses` is how many may be made, `precision` that of planning.
    """

    levels: dict[Transmitter, Unit]
    setpoints: dict[Transmitter, Unit]
    gain: Factor
    threshold: Unit
    social_gain: Factor = 1.0
    hypotheses: Annotated[int, Field(ge=0, le=1000)] = 100
    precision: Factor = 1.0


class CircadianState(Contract):
    """The body clock. `multiplier` scales the compute that cognition may use."""

    local_time: str
    phase_hours: float
    cortisol: Unit
    melatonin: Unit
    pressure: Unit
    asleep: bool
    multiplier: Unit


class Candidate(Contract):
    """Something that wants to enter the workspace; `ref` is the id of the message it stands for."""

    ref: Text
    kind: Name
    source: Name
    content: Text
    salience: Unit
    surprise: Unit = 0.0
    goal_match: Unit = 0.0


class Held(Contract):
    """Something in the workspace, or just pushed out of it."""

    ref: Text
    kind: Name
    source: Name
    content: Text
    salience: Unit
    entered_ns: Nanoseconds


class Evicted(Contract):
    """Who was pushed out of the workspace, by whom (None: it faded)."""

    held: Held
    by: Text | None
    at_ns: Nanoseconds


class Broadcast(Contract):
    """The workspace after a change: what it holds, the most salient first, and who left."""

    contents: Annotated[tuple[Held, ...], Field(max_length=9)]
    capacity: Annotated[int, Field(ge=1, le=9)]
    threshold: Unit
    entered: Text | None = None
    evicted: tuple[Evicted, ...] = ()


class Policy(Contract):
    """A plan: its actions, expected free energy in nats, posterior `q`, and efe_score = 1 - q."""

    actions: tuple[Name, ...]
    efe: float
    efe_score: Annotated[float, Field(ge=0, lt=1)]
    q: Unit


class Will(Contract):
    """What cognition decided: the action, every policy weighed (best first), and its beliefs."""

    action: Name
    policies: Annotated[tuple[Policy, ...], Field(min_length=1)]
    beliefs: dict[str, Unit]
    latency_ms: Annotated[float, Field(ge=0)]


class Generate(Contract):
    """Ask for hypotheses; the query chooses the seed and nothing else."""

    query: Text = ""
    num_samples: Annotated[int, Field(ge=1, le=1000)] = 100


class Hypotheses(Contract):
    """Cells of the hypergrid that were sampled."""

    hypotheses: tuple[tuple[int, ...], ...]
    unique: Count
    diversity: Unit
    mode_collapse: bool
    model_version: str
    latency_ms: Annotated[float, Field(ge=0)]


class Remember(Contract):
    """Ask that an episode be kept. `affect` is valence, arousal and dominance, each from -1 to 1."""

    content: Annotated[str, Field(min_length=1, max_length=10_000)]
    affect: tuple[float, float, float] = (0.0, 0.0, 0.0)
    context: dict[str, str] = Field(default_factory=dict, max_length=64)


class Remembered(Contract):
    """The episode's id. `durable` says where it is: in the store, or in the outbox until it returns."""

    id: str
    durable: Literal["store", "outbox"]


class RecallQuery(Contract):
    """Ask for the episodes nearest to a text, and to a mood if one is given."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    k: Annotated[int, Field(ge=1, le=100)] = 10
    affect: tuple[float, float, float] | None = None


class Hit(Contract):
    """An episode recalled, with the parts of its score."""

    id: str
    timestamp: str
    content: str
    affect: tuple[float, float, float]
    context: dict[str, str]
    score: float
    similarity: float


class Hits(Contract):
    """The episodes recalled, the best first."""

    hits: tuple[Hit, ...]


class Refused(Contract):
    """Why a question was not answered. `retry` says whether asking again may help."""

    reason: Text
    retry: bool


class Check(Contract):
    """Something a tier watches, and whether it is well."""

    ok: bool
    detail: Text = ""


class TierStatus(Contract):
    """A tier's heartbeat, once a second."""

    tier: Name
    pid: Count
    uptime_s: Annotated[float, Field(ge=0)]
    rss_bytes: Count
    checks: dict[str, Check]
    counters: dict[str, float]
