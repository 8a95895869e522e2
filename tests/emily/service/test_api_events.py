"""The stream of events: the state when it changes, to a bounded number, and nothing piles up."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.emily.service.serving import Clock, Loop, application, served

from emily.contracts.messages import AlphaFrame, Broadcast, Held
from emily.contracts.snapshot import Snapshot
from emily.contracts.topics import ALPHA, BROADCAST
from emily.service.api import events

EVENTS = "/api/v1/events"


@pytest.fixture
def loop() -> Loop:
    return Loop(clock=Clock())


@pytest.fixture
def app(loop: Loop, tmp_path: Path) -> FastAPI:
    loop.bring_up()
    return application(loop, tmp_path)


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app) as client:
        yield client


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def listening(client: httpx.Client) -> Iterator[Iterator[str]]:
    with client.stream("GET", EVENTS) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        yield stream.iter_lines()


def states(lines: Iterator[str]) -> Iterator[Snapshot]:
    for line in lines:
        if line.startswith("data: "):
            yield Snapshot.model_validate_json(line.removeprefix("data: "))


def hum(loop: Loop, frequency_hz: float) -> None:
    loop.tier("instinct").publish(ALPHA, AlphaFrame(frequency_hz=frequency_hz, order=(), t_ms=()))


def test_the_state_comes_at_once_and_then_when_it_changes(loop: Loop, client: httpx.Client) -> None:
    with listening(client) as lines:
        seen = states(lines)
        assert next(seen).status == "healthy"
        hum(loop, 11.5)
        assert next(seen).alpha_hz == 11.5
        loop.tokens["cognition"]()
        assert next(seen).status == "degraded"


def test_changes_between_two_frames_come_as_one(loop: Loop, client: httpx.Client) -> None:
    with listening(client) as lines:
        seen = states(lines)
        next(seen)
        start = time.monotonic()
        frames, last = 0, 0.0
        sender = threading.Thread(target=lambda: [hum(loop, 8 + n / 1000) for n in range(1001)])
        sender.start()
        while last != 9.0:
            last = next(seen).alpha_hz
            frames += 1
        sender.join()
        assert frames <= 2 + (time.monotonic() - start) / (events.PERIOD_S / 2)


def test_while_nothing_changes_a_comment_shows_that_the_stream_lives(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "QUIET_S", 0.2)
    with listening(client) as lines:
        got = [next(lines) for _ in range(7)]
    assert [line for line in got if line.startswith("data")] == got[1:2]
    assert got[3:] == [": quiet", "", ": quiet", ""]


def test_the_number_of_listeners_is_limited(
    app: FastAPI, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LISTENERS", 2)
    with listening(client) as one, listening(client) as other:
        assert next(one).startswith("id: ")
        assert next(other).startswith("id: ")
        refused = client.get(EVENTS)
        assert refused.status_code == 503
        assert refused.json()["detail"] == "too many listen already"
        assert refused.headers["retry-after"] == "5"
    wait_until(lambda: app.state.feed.listeners == 0)
    with listening(client) as again:
        assert next(again).startswith("id: ")


def test_a_listener_that_does_not_read_is_left_and_slows_nobody(
    loop: Loop, app: FastAPI, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PATIENCE_S", 0.5)
    monkeypatch.setattr(events, "PERIOD_S", 0.01)
    held = Held(ref="r", kind="k", source="s", content="x" * 10_000, salience=1, entered_ns=1)
    full = Broadcast(contents=(held,) * 9, capacity=9, threshold=0.7)
    loop.tier("nervous").publish(BROADCAST, full)
    url = client.base_url
    with socket.socket() as stuck, listening(client) as lines:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect((url.host, url.port or 0))
        stuck.sendall(f"GET {EVENTS} HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
        seen = states(lines)
        assert next(seen).alpha_hz == 8.0
        wait_until(lambda: app.state.feed.listeners == 2)
        deadline, number = time.monotonic() + 20, 0
        while app.state.feed.listeners == 2:
            assert time.monotonic() < deadline
            number += 1
            hum(loop, 8 + number / 1000)
            assert next(seen).alpha_hz == 8 + number / 1000
        assert number > 10
