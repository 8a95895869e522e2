"""Runs a tier: one thread, an inbox, a heartbeat; and the watchdog is told as long as it turns."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

import structlog

from emily.contracts.messages import Check, TierStatus
from emily.contracts.topics import STATUS
from emily.nervous_system.bus import Bus
from emily.nervous_system.node import Node
from emily.service import notify
from emily.service.parent import orphaned
from emily.service.tiers.tier import Tier

HEARTBEAT_S = 1.0
BEHIND_S = 0.5
"""How long a message may wait before the tier counts as overloaded."""
_CLOCK_JUMP_NS = 500_000_000

_log = structlog.get_logger()


class Runner:
    """A tier on the thread that calls `run()`, which returns after `stop()`."""

    def __init__(self, tier: Tier, bus: Bus, node_name: str) -> None:
        self.tier = tier
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.node = Node(bus, node_name, tier.name, run=self._inbox.put)
        self._bus = bus
        self._stopping = False
        self._overflow_told = 0
        self._started_ns = time.monotonic_ns()
        self._wall_ahead_ns = time.time_ns() - self._started_ns

    def stop(self, *_: int | FrameType | None) -> None:
        """Have `run()` return; fit for a signal handler."""
        self._stopping = True
        self._inbox.put(lambda: None)

    def run(self) -> None:
        """Start the tier and turn until `stop()`. What `start` and `step` raise is raised on."""
        try:
            self.tier.start(self.node)
            leave = self.node.announce()
            self._heartbeat()
            notify.ready(f"{self.tier.name} is up")
            _log.info("ready", seconds=round((time.monotonic_ns() - self._started_ns) / 1e9, 2))
            self._turn()
            leave()
        finally:
            notify.stopping()
            self.tier.close()

    def _turn(self) -> None:
        step_ns, beat_ns = round(self.tier.period_s * 1e9), round(HEARTBEAT_S * 1e9)
        next_step = next_beat = time.monotonic_ns()
        while not self._stopping:
            now_ns = time.monotonic_ns()
            if now_ns >= next_step:
                self.tier.step(now_ns)
                next_step = max(next_step + step_ns, now_ns)
            if now_ns >= next_beat:
                self._heartbeat()
                next_beat = max(next_beat + beat_ns, now_ns)
            self._handle_until(min(next_step, next_beat))

    def _handle_until(self, deadline_ns: int) -> None:
        while not self._stopping:
            left_s = (deadline_ns - time.monotonic_ns()) / 1e9
            if left_s <= 0:
                return
            try:
                task = self._inbox.get(timeout=left_s)
            except Empty:
                return
            try:
                task()
            except Exception:
                self.node.counters["failed"] += 1
                _log.exception("handler failed")

    def _heartbeat(self) -> None:
        self._end_with_parent()
        self._notice_clock_jump()
        notify.watchdog()
        checks = {"bus": self._bus_check(), "inbox": self._inbox_check(), **self.tier.checks()}
        self.node.publish(
            STATUS,
            TierStatus(
                tier=self.tier.name,
                pid=os.getpid(),
                uptime_s=(time.monotonic_ns() - self._started_ns) / 1e9,
                rss_bytes=resident_bytes(),
                checks=checks,
                counters={**self.node.counters, **self.tier.counters()},
            ),
            tier=self.tier.name,
        )

    def _inbox_check(self) -> Check:
        """Tell whether the tier keeps up with what it is told, since the last heartbeat."""
        waited_s, self.node.waited_ns = self.node.waited_ns / 1e9, 0
        overflow = self.node.counters["overflow"]
        lost, self._overflow_told = overflow - self._overflow_told, overflow
        if lost:
            return Check(ok=False, detail=f"{lost} messages were dropped: too many at once")
        if waited_s > BEHIND_S:
            return Check(ok=False, detail=f"messages wait for {waited_s:.1f} s")
        return Check(ok=True)

    def _bus_check(self) -> Check:
        connected = self._bus.connected
        return Check(ok=connected, detail="" if connected else "the router cannot be reached")

    def _end_with_parent(self) -> None:
        if orphaned():
            _log.warning("the supervisor is gone")
            self._stopping = True

    def _notice_clock_jump(self) -> None:
        ahead_ns = time.time_ns() - time.monotonic_ns()
        jump_ns = ahead_ns - self._wall_ahead_ns
        self._wall_ahead_ns = ahead_ns
        if abs(jump_ns) > _CLOCK_JUMP_NS:
            self.node.counters["clock_jumps"] += 1
            _log.warning("the clock jumped", seconds=round(jump_ns / 1e9, 3))


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def run(tier: Tier, bus: Bus, node_name: str) -> None:
    """Run a tier until SIGTERM or SIGINT; for the main thread of its process."""
    runner = Runner(tier, bus, node_name)
    signal.signal(signal.SIGTERM, runner.stop)
    signal.signal(signal.SIGINT, runner.stop)
    try:
        runner.run()
    finally:
        bus.close()
