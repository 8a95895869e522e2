"""One-for-one supervision: a child that ends or hangs is started again, unless it does so too often.

Children speak systemd's notification protocol (sd_notify(3)): READY=1 when they are up, WATCHDOG=1 while
they are well. What supervises them, systemd or this, makes no difference to them. The restart
intensity is that of Erlang/OTP's supervisors: more than `most` restarts within `within_s` and the
supervisor gives up, so that whoever supervises it can act.
"""

import os
import selectors
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

Event = Literal["started", "ready", "ended", "hung", "restarting", "gave-up", "stopped"]

_KILL_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    watchdog_s: float = 5.0
    start_s: float = 30.0
    """How long it may take until it is ready."""


@dataclass(frozen=True, slots=True)
class Intensity:
    """How many restarts of one child are borne within how long."""

    most: int = 3
    within_s: float = 5.0


@dataclass(slots=True, eq=False)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    pidfd: int
    started_s: float
    heard_s: float
    ready: bool = False


class GaveUpError(Exception):
    """A child ended too often; everything was stopped."""


class Supervisor:
    """Keeps children running until `stop()`; `tell` is called with what happens to each.

    Give `run()` a thread of its own, or the main thread. It returns when everything has stopped.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        intensity: Intensity = Intensity(),
        tell: Callable[[str, Event, str], None] = lambda *_: None,
    ) -> None:
        self._children = {child.name: child for child in children}
        self._intensity = intensity
        self._tell = tell
        self._running: dict[str, _Running] = {}
        self._restarts: dict[str, deque[float]] = {name: deque() for name in self._children}
        self._selector = selectors.DefaultSelector()
        self._folder = Path(mkdtemp(prefix="emily-notify-"))
        self._sockets: dict[str, socket.socket] = {}
        self._wake_reader, self._wake_writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, lambda: None)
        self._stopping = False

    def stop(self) -> None:
        """Have `run()` stop every child and return. Safe in a signal handler and from any thread."""
        self._stopping = True
        with suppress(OSError):  # it stopped already, or was told to many times
            os.write(self._wake_writer, b"x")

    def pids(self) -> dict[str, int]:
        """Return the process of each child that runs."""
        return {name: running.process.pid for name, running in dict(self._running).items()}

    def run(self) -> None:
        """Start the children and keep them running. GaveUpError: one ended too often."""
        try:
            for name in self._children:
                self._listen(name)
            for child in self._children.values():
                self._start(child)
            while not self._stopping:
                self._turn(self._next_deadline_s())
                self._turn(0)  # what was said while this process was halted counts
                self._check_deadlines()
        finally:
            self._end_all()
            self._close()

    def _listen(self, name: str) -> None:
        path = self._folder / name
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        sock.bind(str(path))
        self._sockets[name] = sock
        self._selector.register(sock, selectors.EVENT_READ, lambda: self._heard(name))

    def _start(self, child: Child) -> None:
        self._drain(child.name)
        env = os.environ | dict(child.env)
        env["NOTIFY_SOCKET"] = str(self._folder / child.name)
        env["WATCHDOG_USEC"] = str(round(child.watchdog_s * 1e6))
        env["EMILY_SUPERVISOR_PID"] = str(os.getpid())
        env.pop("WATCHDOG_PID", None)
        # a group of its own: Ctrl-C is for the supervisor, which stops the children in order
        process = subprocess.Popen(child.argv, env=env, stdin=subprocess.DEVNULL, process_group=0)
        now_s = time.monotonic()
        running = _Running(child, process, os.pidfd_open(process.pid), now_s, now_s)
        self._running[child.name] = running
        self._selector.register(running.pidfd, selectors.EVENT_READ, lambda: self._ended(running))
        self._tell(child.name, "started", f"pid {process.pid}")

    def _turn(self, timeout_s: float | None) -> None:
        for key, _ in self._selector.select(timeout_s):
            key.data()

    def _heard(self, name: str) -> None:
        for message in self._drain(name):
            running = self._running.get(name)
            if running is None:
                continue
            running.heard_s = time.monotonic()
            if "READY=1" in message and not running.ready:
                running.ready = True
                self._tell(name, "ready", f"{running.heard_s - running.started_s:.2f} s")

    def _drain(self, name: str) -> list[list[str]]:
        messages: list[list[str]] = []
        while True:
            try:
                datagram = self._sockets[name].recv(4096)
            except BlockingIOError:
                return messages
            messages.append(datagram.decode(errors="replace").split("\n"))

    def _ended(self, running: _Running) -> None:
        name = running.child.name
        code = self._reap(running)
        if self._stopping:
            return
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._tell(name, "ended", how)
        now_s = time.monotonic()
        restarts = self._restarts[name]
        restarts.append(now_s)
        while restarts and now_s - restarts[0] > self._intensity.within_s:
            restarts.popleft()
        if len(restarts) > self._intensity.most:
            self._tell(name, "gave-up", f"{len(restarts)} times in {self._intensity.within_s:g} s")
            msg = f"{name} ended {len(restarts)} times in {self._intensity.within_s:g} s: {how}"
            raise GaveUpError(msg)
        self._tell(name, "restarting", how)
        self._start(running.child)

    def _reap(self, running: _Running) -> int:
        self._selector.unregister(running.pidfd)
        os.close(running.pidfd)
        del self._running[running.child.name]
        return running.process.wait()

    def _next_deadline_s(self) -> float | None:
        deadlines = [self._deadline_s(running) for running in self._running.values()]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _deadline_s(self, running: _Running) -> float:
        child = running.child
        if running.ready:
            return running.heard_s + child.watchdog_s
        return running.started_s + child.start_s

    def _check_deadlines(self) -> None:
        now_s = time.monotonic()
        for name, running in list(self._running.items()):
            if now_s >= self._deadline_s(running):
                silent = f"silent for {now_s - running.heard_s:.1f} s"
                self._tell(name, "hung", silent)
                running.heard_s = running.started_s = now_s  # it is killed once
                running.process.kill()

    def _end_all(self) -> None:
        """Stop the children, the last first; kill who does not stop in time."""
        self._stopping = True
        for running in reversed(list(self._running.values())):
            running.process.send_signal(signal.SIGCONT)
            running.process.terminate()
        deadline_s = time.monotonic() + _KILL_AFTER_S
        while self._running and time.monotonic() < deadline_s:
            self._turn(max(0.0, deadline_s - time.monotonic()))
        for running in list(self._running.values()):
            running.process.kill()
            self._reap(running)
            self._tell(running.child.name, "stopped", "killed")

    def _close(self) -> None:
        self._selector.close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        for name, sock in self._sockets.items():
            sock.close()
            (self._folder / name).unlink(missing_ok=True)
        self._folder.rmdir()
