"""What drives the body, what it does to the others, and how it is found again after an absence."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.emily.service.in_process import World, entering, reflex, willing

from emily.contracts.messages import TRANSMITTERS, Broadcast, NeuroState, ReflexEvent, Will
from emily.contracts.topics import BROADCAST, CIRCADIAN, NEURO, REFLEX, WILL
from emily.metabolism.body import Body
from emily.metabolism.daylight import LightDark
from emily.service.tiers.metabolism import MetabolismTier

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NIGHT = datetime(2026, 3, 4, 3, tzinfo=UTC)
FADED = Broadcast(contents=(), capacity=7, threshold=0.7)


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def metabolism(
    world: World,
    now: datetime | Wall,
    *,
    threshold: float = 0.7,
    saved: Path | None = None,
) -> MetabolismTier:
    tier = MetabolismTier(
        LightDark(),
        ZoneInfo("UTC"),
        threshold=threshold,
        saved=saved,
        now=now if isinstance(now, Wall) else Wall(now),
    )
    world.start(tier)
    return tier


def happen(world: World, what: Broadcast | ReflexEvent | Will) -> None:
    match what:
        case Broadcast():
            world.say(BROADCAST, what)
        case ReflexEvent():
            world.say(REFLEX, what, name=what.name)
        case Will():
            world.say(WILL, what)


def deviations(state: NeuroState) -> dict[str, float]:
    """What is not at its set point, and by how much."""
    off = {name: state.levels[name] - state.setpoints[name] for name in TRANSMITTERS}
    return {name: value for name, value in off.items() if abs(value) > 1e-9}


@pytest.mark.parametrize(
    ("what", "raised", "lowered"),
    [
        (reflex("alarm"), {"norepinephrine", "cortisol"}, {"serotonin"}),
        (reflex("clap"), {"norepinephrine", "dopamine"}, set()),
        (reflex("voice"), {"oxytocin", "dopamine"}, set()),
        (reflex("visual"), {"norepinephrine", "dopamine"}, set()),
        (entering("clap"), {"dopamine"}, set()),
        (FADED, set(), set()),
        (willing("rest"), {"serotonin"}, set()),
        (willing("greet"), {"oxytocin"}, set()),
        (willing("alert"), {"cortisol"}, set()),
        (willing("wait"), set(), set()),
        (willing("look"), set(), set()),
    ],
    ids=str.split("alarm clap voice sight news fading rest greet alert wait look"),
)
def test_what_happens_drives_the_transmitters(
    world: World, what: Broadcast | ReflexEvent | Will, raised: set[str], lowered: set[str]
) -> None:
    tier, told = metabolism(world, NOON), world.heard(NEURO)
    happen(world, what)
    world.step(tier, 1.0)
    off = deviations(told[-1])
    assert {name for name in off if off[name] > 0} == raised
    assert {name for name in off if off[name] < 0} == lowered


def test_a_crowd_drives_no_more_than_one_and_no_longer(world: World) -> None:
    told = world.heard(NEURO)

    def driven(number: int) -> list[float]:
        tier = metabolism(world, NOON)
        for _ in range(number):
            happen(world, reflex("clap"))
        for seconds in (1.9, 0.2, 10.0):
            world.step(tier, seconds)
        return [deviations(state)["norepinephrine"] for state in told[-3:]]

    during, over, after = alone = driven(1)
    assert driven(50) == pytest.approx(alone)
    assert during > over > 2 * after


@pytest.mark.parametrize(("name", "asleep"), [("alarm", False), ("clap", True), ("voice", True)])
def test_an_alarm_wakes_and_nothing_else_does(world: World, name: str, asleep: bool) -> None:
    tier, told = metabolism(world, NIGHT), world.heard(CIRCADIAN)
    world.step(tier, 0.5)
    happen(world, reflex(name))
    world.step(tier, 0.5)
    assert [state.asleep for state in told] == [True, asleep]


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_the_threshold_is_the_settings_one_and_higher_asleep(
    world: World, threshold: float
) -> None:
    told = world.heard(NEURO)
    for now in (NOON, NIGHT):
        world.step(metabolism(world, now, threshold=threshold))
    awake, asleep = (state.threshold for state in told)
    assert awake == pytest.approx(threshold, abs=0.03)
    assert asleep == pytest.approx(min(1.0, threshold + 0.18), abs=0.03)


@pytest.mark.parametrize(
    "jumps",
    [
        [timedelta(days=3650)],
        [timedelta(days=-3650)],
        [timedelta(hours=12), timedelta(hours=-12)],
        [timedelta(days=3650), timedelta(days=-7300), timedelta(seconds=-1)],
    ],
    ids=["years ahead", "years back", "there and back", "to and fro"],
)
def test_a_wall_clock_that_jumps_moves_the_body_no_faster(
    world: World, tmp_path: Path, jumps: list[timedelta]
) -> None:
    wall, path = Wall(NOON), tmp_path / "body.json"
    tier = metabolism(world, wall, saved=path)
    told, states = world.heard(CIRCADIAN), world.heard(NEURO)
    world.step(tier, 0.5)
    for jump in jumps:
        wall.now += jump
        for _ in range(5):
            world.step(tier, 0.5)
    phases = [state.phase_hours for state in told]
    assert phases == pytest.approx([phases[0]] * len(phases), abs=0.01)
    assert [state.pressure for state in told] == pytest.approx(
        [told[0].pressure] * len(told), abs=1e-3
    )
    assert not any(state.asleep for state in told)
    assert told[-1].local_time == f"{wall.now:%H:%M}"
    assert deviations(states[-1]) == {}
    tier.close()
    assert deviations_of(metabolism(world, wall, saved=path), world) == {}


def deviations_of(tier: MetabolismTier, world: World) -> dict[str, float]:
    told = world.heard(NEURO)
    world.step(tier)
    return deviations(told[-1])


def test_a_monotonic_clock_that_stands_still_or_runs_back_lives_no_time(world: World) -> None:
    tier, told = metabolism(world, NOON), world.heard(CIRCADIAN)
    for seconds in (0.5, 0.0, -3600.0, 0.5):
        world.step(tier, seconds)
    assert len({round(state.phase_hours, 2) for state in told}) == 1


# found again


def alarmed(world: World, path: Path, now: datetime) -> dict[str, float]:
    """Leave a body behind that was driven by an alarm; return how far it was from rest."""
    tier = metabolism(world, now, saved=path)
    happen(world, reflex("alarm"))
    world.step(tier, 1.0)
    tier.close()
    return deviations_of(tier, world)


@pytest.mark.parametrize(
    "away", [timedelta(seconds=1), -timedelta(minutes=59)], ids=["restarted", "clock set back"]
)
def test_the_body_goes_on_where_it_was_left(world: World, tmp_path: Path, away: timedelta) -> None:
    path = tmp_path / "deep" / "body.json"
    before = alarmed(world, path, NOON)
    after = deviations_of(metabolism(world, NOON + away, saved=path), world)
    assert after.keys() == before.keys() == {"norepinephrine", "cortisol", "serotonin"}
    assert after["cortisol"] == pytest.approx(before["cortisol"], rel=0.01)


def test_the_body_lives_on_while_it_is_away(world: World, tmp_path: Path) -> None:
    path = tmp_path / "body.json"
    alarmed(world, path, NIGHT)
    tier, told = metabolism(world, NOON, saved=path), world.heard(CIRCADIAN)
    world.step(tier)
    assert not told[-1].asleep
    assert told[-1].phase_hours == pytest.approx(Body.entrained(12.0).state.phase_hours, abs=0.5)


def test_the_body_is_saved_every_minute(world: World, tmp_path: Path) -> None:
    path = tmp_path / "body.json"
    wall = Wall(NOON)
    tier = metabolism(world, wall, saved=path)
    world.step(tier, 59.0)
    assert not path.exists()
    world.step(tier, 2.0)
    first = json.loads(path.read_bytes())
    wall.now += timedelta(seconds=61)
    world.step(tier, 61.0)
    assert json.loads(path.read_bytes())["at"] > first["at"]


def test_a_body_that_cannot_be_saved_is_told_until_it_can(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("a file in its place")
    tier = metabolism(world, NOON, saved=folder / "body.json")
    world.step(tier, 61.0)
    check = tier.checks()["state"]
    assert not check.ok
    assert "cannot be saved" in check.detail
    folder.unlink()
    world.step(tier, 61.0)
    assert tier.checks()["state"].ok
    assert (folder / "body.json").exists()


GARBAGE = {
    "empty": b"",
    "no JSON": b"\xff\xfe{",
    "cut short": b'{"at": "2026-03-04T12:00:00+00:00", "body": {"circ',
    "a list": b"[1, 2]",
    "nothing in it": b"{}",
    "a time that is none": b'{"at": 5, "body": {}}',
    "a time without a zone": b'{"at": "2026-03-04T11:59:59", "body": BODY}',
    "no body": b'{"at": "2026-03-04T11:59:59+00:00", "body": null}',
    "half a body": b'{"at": "2026-03-04T11:59:59+00:00", "body": {"sleep": {}}}',
    "an infinite body": b'{"at": "2026-03-04T11:59:59+00:00", "body": BODY}',
    "nested without end": b"[" * 100_000,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_saved_body_of_no_use_is_begun_anew(world: World, tmp_path: Path, name: str) -> None:
    path = tmp_path / "body.json"
    body = json.dumps(Body.entrained(3.0).to_dict()).encode()
    if name == "an infinite body":
        body = body.replace(b'"pressure": 0', b'"pressure": Infinity, "was": 0')
    path.write_bytes(GARBAGE[name].replace(b"BODY", body))
    assert is_new(metabolism(world, NOON, saved=path))


@pytest.mark.parametrize(
    "left",
    [NOON + timedelta(hours=2), NOON + timedelta(days=3650), NOON - timedelta(days=365)],
    ids=["hours from now", "years from now", "a year ago"],
)
def test_a_body_of_another_time_is_begun_anew(world: World, tmp_path: Path, left: datetime) -> None:
    path = tmp_path / "body.json"
    assert alarmed(world, path, left)
    tier = metabolism(world, NOON, saved=path)
    assert is_new(tier)
    tier.close()
    assert json.loads(path.read_bytes())["at"] == NOON.isoformat()


def is_new(tier: MetabolismTier) -> bool:
    """Tell whether the body is one that was never saved."""
    return tier.body.to_dict() == Body.entrained(12.0, LightDark()).to_dict()
