"""The server: a port of its own choice, a graceful stop, signals, and systemd."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.emily.service.serving import Loop, application, served

from emily.service.api import guard
from emily.service.api import server as server_module
from emily.service.api.server import ListenError, Server


def test_port_0_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    server = Server(application(Loop(), tmp_path), "127.0.0.1", 0, bound=told.append)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)
    assert told == [server.port]
    assert httpx.get(f"http://127.0.0.1:{told[0]}/health").status_code == 200
    server.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"cannot listen at 127.0.0.1 port {port}: Address"):
            Server(application(Loop(), tmp_path), "127.0.0.1", port)


def test_ipv6_loopback(tmp_path: Path) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    with served(application(Loop(), tmp_path, host="::1"), host="::1") as client:
        assert client.get(f"http://[::1]:{client.base_url.port}/health").status_code == 200


def test_answers_do_not_wait_for_acknowledgements(tmp_path: Path) -> None:
    """Two small writes an answer: without TCP_NODELAY the second waits 40 ms on Linux."""
    app = application(Loop(), tmp_path)
    server = Server(app, "127.0.0.1", 0)
    with socket.socket(fileno=os.dup(server._socket.fileno())) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    server._socket.close()


def test_an_open_stream_does_not_hold_up_the_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    up = threading.Event()
    server = Server(application(Loop(), tmp_path), "127.0.0.1", 0, bound=lambda _: up.set())
    thread = threading.Thread(target=server.run)
    thread.start()
    assert up.wait(10)
    with (
        caplog.at_level(logging.ERROR),
        httpx.stream("GET", f"http://127.0.0.1:{server.port}/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines).startswith("id: ")
        server.stop()
        assert list(lines)[-1] == ""
        thread.join(10)
    assert not thread.is_alive()
    assert not caplog.records


PROGRAM = """
import sys
from pathlib import Path
from emily.service import logs
from emily.service.api.server import serve
from tests.emily.service.serving import Loop, application
logs.setup("api", "testhost")
app = application(Loop(), Path(sys.argv[1]))
serve(app, "127.0.0.1", 0, bound=lambda port: print(port, flush=True))
print("cleaned up", flush=True)
"""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_gracefully_and_systemd_is_told(
    tmp_path: Path, sent: signal.Signals
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env={
                **os.environ,
                "NOTIFY_SOCKET": str(tmp_path / "notify"),
                "WATCHDOG_USEC": "100000",
            },
        ) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            heard = {systemd.recv(1000) for _ in range(3)}
            process.send_signal(sent)
            out, err = process.communicate(timeout=20)
            assert process.returncode == 0
            while systemd.recv(1000) != b"STOPPING=1":
                pass
    assert heard == {f"READY=1\nSTATUS=listening at port {port}".encode(), b"WATCHDOG=1"}
    assert out == "cleaned up\n"
    assert all(line.startswith("{") for line in err.splitlines())


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (b"", b""),
        (
            b"POST /api/v1/attention HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
            b"HTTP/1.1 408",
        ),
    ],
    ids=["nothing", "half a body"],
)
def test_a_client_that_says_too_little_is_not_waited_for(
    said: bytes, answered: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "FIRST_REQUEST_S", 0.3)
    monkeypatch.setattr(guard, "PATIENCE_S", 0.3)
    with served(application(Loop(), tmp_path)) as client:
        address = client.base_url.host, client.base_url.port
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(said)
            heard = connection.recv(4096)
        assert heard.startswith(answered)
        assert bool(heard) == bool(answered)
        assert client.get("/health").status_code == 200
