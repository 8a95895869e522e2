"""The metabolism tier: transmitters and the body clock, told to all, saved, and found again."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from pydantic import JsonValue, TypeAdapter, ValidationError

from emily.contracts.messages import (
    Broadcast,
    Check,
    CircadianState,
    NeuroState,
    ReflexEvent,
    Will,
)
from emily.contracts.topics import BROADCAST, CIRCADIAN, NEURO, REFLEX, WILL
from emily.files import replacing
from emily.metabolism.body import Body
from emily.metabolism.daylight import LightDark, local_hour
from emily.metabolism.errors import MetabolismError
from emily.metabolism.hormones import cortisol
from emily.metabolism.modulation import IGNITION_THRESHOLD
from emily.nervous_system.node import Message, Node

DRIVES: Mapping[str, Mapping[str, float]] = {
    "alarm": {"norepinephrine": 1.0, "cortisol": 0.8, "serotonin": -0.3},
    "clap": {"norepinephrine": 0.6, "dopamine": 0.2},
    "voice": {"oxytocin": 0.6, "dopamine": 0.2},
    "visual": {"dopamine": 0.4, "norepinephrine": 0.2},
}
"""What each reflex drives, for as long as DRIVE_S. Our choice, in the directions of the literature."""

CHOSEN: Mapping[str, Mapping[str, float]] = {
    "rest": {"serotonin": 0.4},
    "greet": {"oxytocin": 0.4},
    "alert": {"cortisol": 0.3},
}
"""What each action drives."""

DRIVE_S = 2.0
DAY_S = 86_400
SAVE_S = 60.0
FORGOTTEN = timedelta(days=28)
SET_BACK = timedelta(hours=1)
"""How far the clock may have been set back since the body was saved."""

_SAVED = TypeAdapter(dict[str, JsonValue])
_log = structlog.get_logger()


class MetabolismTier:
    """Advances the body by the monotonic clock; the wall clock only says how light it is.

    So a clock that is set does no harm: the body entrains to the new day as to one after a journey.
    `speed` is how many hours of the body's day pass in an hour.
    """

    name = "metabolism"
    period_s = 0.5

    def __init__(
        self,
        light: LightDark,
        zone: ZoneInfo,
        *,
        speed: float = 1.0,
        hypotheses: int = 100,
        threshold: float = IGNITION_THRESHOLD,
        saved: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._light, self._zone, self._speed = light, zone, speed
        self._hypotheses = hypotheses
        self._threshold_offset = threshold - IGNITION_THRESHOLD
        self._path = saved
        self._now = now
        self._begun = now()
        self._begun_ns = self._last_ns = self._saved_ns = time.monotonic_ns()
        self._drives: list[tuple[int, Mapping[str, float]]] = []
        self._check = Check(ok=True)

    def start(self, node: Node) -> None:
        """Find the body as it was left, or an entrained one; subscribe."""
        self._node = node
        self.body = self._found() or Body.entrained(self._hour(), self._light)
        node.subscribe(REFLEX, self._reflex)
        node.subscribe(BROADCAST, self._broadcast)
        node.subscribe(WILL, self._will)

    def step(self, now_ns: int) -> None:
        """Let time pass and tell how things stand."""
        dt_s = max(0.0, (now_ns - self._last_ns) / 1e9)
        self._last_ns = now_ns
        state = self.body.advance(dt_s, self._hour(), self._drive(now_ns), speed=self._speed)
        tuned = state.modulation(hypotheses=self._hypotheses)
        self._node.publish(
            NEURO,
            NeuroState.model_validate(
                {
                    "levels": dict(state.levels.items()),
                    "setpoints": dict(state.setpoints.items()),
                    "gain": tuned.salience_gain,
                    "social_gain": tuned.social_gain,
                    "threshold": min(
                        1.0, max(0.0, tuned.ignition_threshold + self._threshold_offset)
                    ),
                    "hypotheses": tuned.hypotheses,
                    "precision": tuned.planning_precision,
                }
            ),
        )
        hour = self._hour()
        self._node.publish(
            CIRCADIAN,
            CircadianState(
                local_time=f"{int(hour):02d}:{int(hour % 1 * 60):02d}",
                phase_hours=state.phase_hours,
                cortisol=cortisol(state.phase_hours),
                melatonin=state.melatonin,
                pressure=min(1.0, max(0.0, state.pressure)),
                asleep=state.asleep,
                multiplier=state.multiplier,
            ),
        )
        if now_ns - self._saved_ns > SAVE_S * 1e9:
            self._saved_ns = now_ns
            self._save()

    def checks(self) -> Mapping[str, Check]:
        """Tell whether the body's state can be saved."""
        return {"state": self._check}

    def counters(self) -> Mapping[str, float]:
        """Nothing is counted here."""
        return {}

    def close(self) -> None:
        """Save the body."""
        if hasattr(self, "body"):
            self._save()

    def _hour(self) -> float:
        """The hour of the body's day."""
        if self._speed == 1:
            return local_hour(self._now(), self._zone)
        passed_s = (time.monotonic_ns() - self._begun_ns) / 1e9 * self._speed
        # the hour of the day is all that counts: the years of a fast body would end the calendar
        return local_hour(self._begun + timedelta(seconds=passed_s % DAY_S), self._zone)

    def _reflex(self, message: Message[ReflexEvent]) -> None:
        self._feel(DRIVES.get(message.body.kind, {}))
        if message.body.name == "alarm":
            self.body.wake()

    def _broadcast(self, message: Message[Broadcast]) -> None:
        if message.body.entered is not None:
            self._feel({"dopamine": 0.2})

    def _will(self, message: Message[Will]) -> None:
        self._feel(CHOSEN.get(message.body.action, {}))

    def _feel(self, drive: Mapping[str, float]) -> None:
        until_ns = time.monotonic_ns() + round(DRIVE_S * 1e9)
        self._drives = [*self._drives[-99:], (until_ns, drive)]

    def _drive(self, now_ns: int) -> dict[str, float]:
        """What drives now: for each transmitter the strongest, so that a crowd drives no more than one."""
        self._drives = [one for one in self._drives if one[0] > now_ns]
        total: dict[str, float] = {}
        for _, drive in self._drives:
            for name, value in drive.items():
                if abs(value) > abs(total.get(name, 0.0)):
                    total[name] = value
        return total

    def _found(self) -> Body | None:
        """The body as it was saved, advanced to now; None when there is none, or it is of no use."""
        if self._path is None:
            return None
        try:
            held = _SAVED.validate_json(self._path.read_bytes())
            left = datetime.fromisoformat(str(held["at"]))
            body = Body.from_dict(held["body"], self._light)
            away = self._now() - left
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, MetabolismError, KeyError, TypeError, ValueError):
            _log.warning("the saved body cannot be read; beginning anew", path=str(self._path))
            return None
        if not -SET_BACK <= away < FORGOTTEN:
            return None
        body.advance(max(0.0, away.total_seconds()), self._hour(), {})
        return body

    def _save(self) -> None:
        if self._path is None:
            return
        held = {"at": self._now().isoformat(), "body": self.body.to_dict()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as file:
                file.write(_SAVED.dump_json(held))  # type: ignore[arg-type]  # plain values
        except OSError as error:
            self._check = Check(ok=False, detail=f"the body cannot be saved: {error}")
        else:
            self._check = Check(ok=True)
