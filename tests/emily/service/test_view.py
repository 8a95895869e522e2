"""The view: what was heard, who is up, and no more kept than is shown."""

import threading
import tracemalloc
from pathlib import Path

import pytest
from tests.emily.service.serving import Clock, Loop, heartbeat

from emily.contracts.messages import (
    TIERS,
    AlphaFrame,
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
from emily.contracts.snapshot import Snapshot
from emily.contracts.topics import ALPHA, BROADCAST, CIRCADIAN, NEURO, REFLEX, SAMPLED, STATUS, WILL
from emily.service.flags import Flags
from emily.service.view import EVICTIONS, FRESH_S, MAX_CHECKS, REFLEXES


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loop(clock: Clock) -> Loop:
    return Loop(clock=clock)


def reflex(name: str = "clap") -> ReflexEvent:
    return ReflexEvent(
        name=name,
        action="startle",
        salience=0.9,
        modality="audio",
        t0_ns=1,
        latency_ms=12.5,
        deadline_ns=2,
    )


def held(ref: str) -> Held:
    return Held(ref=ref, kind="k", source="s", content="c", salience=0.8, entered_ns=1)


def test_before_anything_is_heard_the_loop_is_degraded(loop: Loop) -> None:
    seen = loop.view.snapshot()
    assert seen.status == "degraded"
    assert (seen.node, seen.workspace, seen.neuro, seen.will) == ("testhost", None, None, None)
    assert [tier.tier for tier in seen.tiers] == list(TIERS)
    assert not any(tier.up for tier in seen.tiers)
    assert {name for name, check in seen.checks.items() if not check.ok} == set(TIERS)


def test_with_every_tier_up_it_is_healthy(loop: Loop) -> None:
    loop.bring_up()
    seen = loop.view.snapshot()
    assert seen.status == "healthy"
    assert all(tier.up and tier.rss_mb == 50 for tier in seen.tiers)
    assert all(check.ok for check in loop.view.ready().values())


def test_a_tier_without_a_fresh_heartbeat_is_down(loop: Loop, clock: Clock) -> None:
    loop.bring_up()
    clock.now += FRESH_S
    loop.beat("instinct")
    checks = loop.view.checks()
    assert checks["instinct"].ok
    assert checks["nervous"] == Check(ok=False, detail="no heartbeat for 3 s")
    loop.beat("nervous")
    assert loop.view.checks()["nervous"].ok


def test_a_tier_without_its_token_is_down(loop: Loop) -> None:
    loop.bring_up()
    loop.tokens["cognition"]()
    assert not loop.view.checks()["cognition"].ok
    assert "token" in loop.view.checks()["cognition"].detail
    loop.tier("cognition").announce()
    assert loop.view.checks()["cognition"].ok


def test_a_token_without_a_heartbeat_is_not_enough(loop: Loop) -> None:
    loop.tier("instinct").announce()
    assert loop.view.checks()["instinct"] == Check(ok=False, detail="no heartbeat was heard")


def test_the_tiers_own_checks_count(loop: Loop) -> None:
    loop.bring_up()
    bad = {"ok": False, "detail": "disk full"}
    loop.beat("cognition", checks={"memory": bad, "bus": {"ok": True}})
    loop.beat("nervous", checks={"bus": bad, "inbox": {"ok": True}, "memory": bad})
    checks = loop.view.checks()
    own = {"nervous.bus", "nervous.inbox", "memory", "cognition.bus", "cognition.memory"}
    assert set(checks) == {"bus", *TIERS, *own}
    assert checks["memory"] == Check(ok=False, detail="disk full")
    assert checks["bus"].ok
    assert checks["cognition.bus"].ok
    assert not checks["nervous.bus"].ok
    assert loop.view.snapshot().status == "degraded"
    assert all(check.ok for check in loop.view.ready().values())


def test_a_watched_check_that_fails_is_a_bad_check(tmp_path: Path) -> None:
    (tmp_path / "flags.toml").write_text("[a]\nenabled = true\n")
    flags = Flags(tmp_path / "flags.toml")
    loop = Loop(watched={"flags": flags.check, "broken": lambda: Check(ok=1 / 0 > 0)})
    assert loop.view.checks()["flags"] == Check(ok=True, detail="1 flags")
    (tmp_path / "flags.toml").write_text("[a")
    assert not loop.view.checks()["flags"].ok
    assert loop.view.checks()["broken"] == Check(
        ok=False, detail="the check failed: ZeroDivisionError"
    )


def test_the_last_reflexes_are_kept_the_newest_first(loop: Loop, clock: Clock) -> None:
    instinct = loop.tier("instinct")
    sent = []
    for number in range(REFLEXES + 5):
        sent.append(instinct.publish(REFLEX, reflex(f"r{number}"), name=f"r{number}").id)
        clock.now += 0.5
    seen = loop.view.snapshot().reflexes
    assert [each.id for each in seen] == sent[: -REFLEXES - 1 : -1]
    assert [each.age_s for each in seen[:2]] == [0.5, 1.0]


def test_what_left_the_workspace_is_kept_the_newest_first(loop: Loop) -> None:
    nervous = loop.tier("nervous")
    for number in range(EVICTIONS + 2):
        gone = Evicted(held=held(str(number)), by="new", at_ns=1)
        nervous.publish(
            BROADCAST,
            Broadcast(contents=(held("new"),), capacity=7, threshold=0.7, evicted=(gone,)),
        )
    seen = loop.view.snapshot()
    assert [one.eviction.held.ref for one in seen.evicted] == [str(n) for n in range(9, 1, -1)]
    assert seen.workspace is not None
    assert seen.workspace.contents[0].ref == "new"


def test_the_last_word_of_each_kind_is_shown_and_measured(loop: Loop) -> None:
    policy = Policy(actions=("look",), efe=7.0, efe_score=0.1, q=0.9)
    night = CircadianState(
        local_time="03:00",
        phase_hours=3,
        cortisol=0.1,
        melatonin=0.9,
        pressure=0.8,
        asleep=True,
        multiplier=0.25,
    )
    sampled = Hypotheses(
        hypotheses=((1, 2, 3, 4),),
        unique=1,
        diversity=0.5,
        mode_collapse=True,
        model_version="1",
        latency_ms=1,
    )
    wills = [
        Will(action=action, policies=(policy,), beliefs={}, latency_ms=30)
        for action in ("rest", "look")
    ]
    for will in wills:
        loop.tier("cognition").publish(WILL, will)
    loop.tier("metabolism").publish(CIRCADIAN, night)
    loop.tier("cognition").publish(SAMPLED, sampled)
    seen = loop.view.snapshot()
    assert (seen.will, seen.circadian, seen.hypotheses) == (wills[1], night, sampled)
    assert seen.multiplier == 0.25
    told = loop.view.scrape().decode()
    assert "active_inference_latency_seconds_count 2.0" in told
    assert "emily_asleep 1.0" in told
    assert "gflownet_mode_collapse_total 1.0" in told


def test_a_restart_is_a_new_pid(loop: Loop) -> None:
    for pid in (1, 1, 2, 3, 3):
        loop.beat("instinct", pid=pid)
    assert loop.view.snapshot().restarts == 2


def test_messages_are_counted_across_restarts(loop: Loop) -> None:
    for pid, published, lost in ((1, 100, 3), (2, 10, 0), (2, 20, 1)):
        loop.beat("instinct", pid=pid, counters={"published": published, "unreadable": lost})
    seen = loop.view.snapshot()
    assert (seen.messages, seen.dropped) == (120, 4)


def test_foreign_bytes_are_dropped_and_counted(loop: Loop) -> None:
    key = REFLEX.key("testhost", name="clap")
    for payload in (b"", b"\xff", b"{}", b'{"v":2}', b"[" * 10_000):
        loop.bus.publish(key, payload, delivery=REFLEX.delivery)
    seen = loop.view.snapshot()
    assert (seen.reflexes, seen.dropped) == ((), 5)


def test_the_revision_grows_with_what_is_shown_and_with_nothing_else(
    loop: Loop, clock: Clock
) -> None:
    loop.bring_up()
    before = loop.view.revision()
    assert loop.view.revision() == before
    loop.tier("nervous").publish(ALPHA, AlphaFrame(frequency_hz=9.5, order=(), t_ms=()))
    assert loop.view.snapshot().alpha_hz == 9.5
    after = loop.view.revision()
    assert after > before
    clock.now += FRESH_S
    assert loop.view.revision() > after


def test_after_close_nothing_is_heard(loop: Loop) -> None:
    loop.view.close()
    loop.bring_up()
    assert loop.view.snapshot().status == "degraded"


def test_any_flood_is_bounded_in_memory(loop: Loop) -> None:
    big = {f"c{number}": float(number) for number in range(1000)}

    def flood(rounds: int) -> None:
        for number in range(rounds):
            name = f"n{number}"
            loop.tier("instinct").publish(REFLEX, reflex(name), name=name)
            loop.tier(name).publish(STATUS, heartbeat(name), tier=name)
            loop.tier(name).announce()()
        loop.beat("instinct", counters=big)

    flood(100)
    tracemalloc.start()
    flood(100)
    before = tracemalloc.get_traced_memory()[0]
    flood(1500)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000  # pydantic's own cache of strings, which is bounded too
    seen = loop.view.snapshot()
    assert len(seen.reflexes) == REFLEXES
    assert {tier.tier for tier in seen.tiers} == set(TIERS)
    assert max(len(tier.counters) for tier in seen.tiers) == MAX_CHECKS


def test_huge_numbers_do_not_break_the_snapshot(loop: Loop) -> None:
    loop.beat("instinct", counters={"published": 1e308, "expired": 1e308, "received": -5.0})
    loop.beat("nervous", counters={"published": 1e308})
    seen = loop.view.snapshot()
    assert Snapshot.model_validate_json(seen.model_dump_json()) == seen


def test_many_threads_may_speak_and_look_at_once(loop: Loop) -> None:
    state = NeuroState(levels={"dopamine": 0.5}, setpoints={}, gain=1.0, threshold=0.7)
    failed: list[BaseException] = []

    def run(act: str) -> None:
        try:
            for number in range(60):
                if act == "speak":
                    loop.tier("metabolism").publish(NEURO, state)
                    loop.tier("instinct").publish(REFLEX, reflex(f"r{number}"), name="r")
                else:
                    loop.view.snapshot()
                    loop.view.scrape()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(act,)) for act in ("speak", "look") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(loop.view.snapshot().reflexes) == REFLEXES
