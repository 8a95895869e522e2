"""The process of a tier: what a handler does cannot stop it, what `step` does can; time may jump."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from emily.contracts.messages import Candidate, Check, TierStatus
from emily.contracts.topics import CANDIDATE, STATUS
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import MAX_WAITING, Message, Node
from emily.service.tiers import runner as runner_module
from emily.service.tiers.runner import Runner
from zenoh_router import wait_until

CANDIDATE_A = Candidate(ref="a", kind="clap", source="ear", content="a clap", salience=0.9)


class Probe:
    """A tier that does as it is told."""

    name = "probe"
    period_s = 0.01

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.steps = 0
        self.closed = False
        self.raises: type[Exception] | None = None
        self.gate = threading.Event()
        self.gate.set()

    def start(self, node: Node) -> None:
        node.subscribe(CANDIDATE, self._hear)

    def _hear(self, message: Message[Candidate]) -> None:
        self.gate.wait()
        if message.body.content == "poison":
            raise ZeroDivisionError
        self.heard.append(message.body.content)

    def step(self, _: int) -> None:
        self.steps += 1
        if self.raises is not None:
            raise self.raises

    def checks(self) -> Mapping[str, Check]:
        return {"own": Check(ok=True)}

    def counters(self) -> Mapping[str, float]:
        return {"steps": self.steps}

    def close(self) -> None:
        self.closed = True


@contextmanager
def turning(tier: Probe, bus: LocalBus) -> Iterator[Runner]:
    runner = Runner(tier, bus, "lab")
    failures: list[Exception] = []

    def run() -> None:
        try:
            runner.run()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: tier.steps > 0)
    yield runner
    runner.stop()
    thread.join()
    if failures:
        raise failures[0]


def say(bus: LocalBus, content: str) -> None:
    speaker = Node(bus, "lab", "speaker")
    speaker.publish(CANDIDATE, CANDIDATE_A.model_copy(update={"content": content}), source="ear")


def test_a_message_that_makes_a_handler_raise_is_counted_and_no_more() -> None:
    tier, bus = Probe(), LocalBus()
    with turning(tier, bus) as runner:
        say(bus, "poison")
        say(bus, "after")
        wait_until(lambda: tier.heard == ["after"])
        assert runner.node.counters["failed"] == 1
    assert tier.closed


def test_a_step_that_raises_ends_the_process_after_closing() -> None:
    tier, bus = Probe(), LocalBus()

    def fail() -> None:
        with turning(tier, bus):
            tier.raises = ZeroDivisionError
            wait_until(lambda: tier.closed)

    with pytest.raises(ZeroDivisionError):
        fail()


def test_it_beats_and_can_be_seen() -> None:
    tier, bus = Probe(), LocalBus()
    beats: list[TierStatus] = []
    seen: list[tuple[str, bool]] = []
    listener = Node(bus, "lab", "listener")
    listener.subscribe(STATUS, lambda message: beats.append(message.body))
    listener.watch(lambda name, there: seen.append((name, there)))
    with turning(tier, bus):
        wait_until(lambda: len(beats) >= 2)
    assert seen == [("probe", True), ("probe", False)]
    assert beats[-1].pid == os.getpid()
    assert beats[-1].checks["own"].ok
    assert beats[-1].checks["bus"].ok
    assert beats[-1].counters["steps"] > 0
    assert beats[-1].rss_bytes > 1 << 20
    assert beats[-1].uptime_s > beats[0].uptime_s


def test_a_flood_is_dropped_and_counted() -> None:
    tier, bus = Probe(), LocalBus()
    with turning(tier, bus) as runner:
        tier.gate.clear()
        for number in range(MAX_WAITING + 50):
            say(bus, str(number))
        dropped = runner.node.counters["overflow"]
        tier.gate.set()
        wait_until(lambda: len(tier.heard) == MAX_WAITING + 50 - dropped)
    # the one that was being handled when the flood came had left the inbox
    assert 49 <= dropped <= 50


def test_a_clock_that_jumps_is_counted_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tier, bus, ahead_ns = Probe(), LocalBus(), [0]
    real = time.time_ns
    monkeypatch.setattr(runner_module.time, "time_ns", lambda: real() + ahead_ns[0])
    with turning(tier, bus) as runner:
        for jump_s in (3600, -86_400, 0):
            before = runner.node.counters["clock_jumps"]
            ahead_ns[0] = jump_s * 1_000_000_000
            wait_until(lambda before=before: runner.node.counters["clock_jumps"] == before + 1)
            steps = tier.steps
            wait_until(lambda steps=steps: tier.steps > steps)
            say(bus, f"after {jump_s}")
        wait_until(lambda: len(tier.heard) == 3)


def test_a_tier_ends_with_its_supervisor() -> None:
    program = (
        "import os, subprocess, sys\n"
        "os.environ['EMILY_SUPERVISOR_PID'] = str(os.getpid())\n"
        "child = subprocess.Popen([sys.executable, '-P', '-m', 'emily', 'tier', 'nervous'])\n"
        "print(child.pid, flush=True)\n"
        "import time; time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.kill()
    parent.communicate()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # a container may have no init that reaps
        return Path(f"/proc/{pid}/stat").read_text("ascii").split()[2] == "Z"

    wait_until(gone, 20)
