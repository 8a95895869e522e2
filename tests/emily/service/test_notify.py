"""sd_notify against a real datagram socket, as systemd's is."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from emily.service import notify


@pytest.fixture(params=["path", "abstract"])
def systemd(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@emily-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name[1:] if name.startswith("@") else name)
        receiver.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield receiver


def test_each_state_is_one_datagram(systemd: socket.socket) -> None:
    notify.ready("listening at\nport 1")
    notify.status("half\tway")
    notify.watchdog()
    notify.stopping()
    assert [systemd.recv(1000) for _ in range(4)] == [
        b"READY=1\nSTATUS=listening at port 1",
        b"STATUS=half way",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


@pytest.mark.parametrize("named", ["", "relative", "/no/such/socket", "@nobody-listens-here"])
def test_without_systemd_nothing_happens(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", named)
    notify.ready()
    notify.watchdog()


@pytest.mark.parametrize(
    ("usec", "pid", "period"),
    [
        ("10000000", "", 5.0),
        ("10000000", "our own", 5.0),
        ("10000000", "1", None),
        ("", "", None),
        ("0", "", None),
        ("soon", "", None),
        ("-5", "", None),
    ],
)
def test_the_watchdog_is_told_twice_in_its_period(
    usec: str, pid: str, period: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "our own" else pid)
    assert notify.watchdog_period_s() == period
