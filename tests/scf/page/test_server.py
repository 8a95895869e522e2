"""Who is answered, and how; what the page costs when nobody asks."""

import json
import socket
import threading
import time
from pathlib import Path

import pytest
from tests.scf.page_boards import NOTHING, lively, unwell
from tests.scf.page_clients import ask, say

from scf.page import Board, Generation, PageError, PageServer, handler
from scf.page import board as board_module
from scf.page.server import MOST_AT_ONCE

PATHS = ["/", "/page.css", "/page.js", "/panels.js", "/format.js", "/icon.svg", "/board.json"]


@pytest.mark.parametrize("path", [*PATHS, "/metrics", "/health"])
def test_everything_is_served_with_what_protects_it(
    board: Board, server: PageServer, path: str
) -> None:
    board.publish(NOTHING)
    got = ask(server, path)
    assert got.status == 200
    assert got.body
    policy = got.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert got.headers["Server"] == "scf"


def test_nothing_comes_from_elsewhere() -> None:
    for name in ("index.html", "page.css", "page.js", "panels.js", "format.js"):
        text = (Path(handler.__file__).parent / name).read_text()
        assert "//" not in text.replace("/**", "")
        assert "innerHTML =" not in text


def test_head_is_get_without_a_body(board: Board, server: PageServer) -> None:
    board.publish(NOTHING)
    for path in PATHS[:-1]:
        whole, head = ask(server, path), ask(server, path, "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(whole.body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_nothing_else_is_allowed(server: PageServer, method: str) -> None:
    got = ask(server, "/board.json", method)
    assert (got.status, got.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/nothing", "/../board.py", "/board.py", "/page", "/%2e%2e/x"])
def test_no_other_file_is_served(server: PageServer, path: str) -> None:
    assert ask(server, path).status == 404


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LocalHost:8610"])
def test_this_machine_is_known_by_its_names(server: PageServer, host: str) -> None:
    assert ask(server, "/", headers={"Host": host}).status == 200


STRANGERS = ["evil.example", "evil.example:8610", "127.0.0.1.evil.example", "localhost@evil", ""]


@pytest.mark.parametrize("host", STRANGERS)
def test_another_name_that_leads_here_is_refused(
    board: Board, server: PageServer, host: str
) -> None:
    """Against DNS rebinding."""
    board.publish(NOTHING)
    got = ask(server, "/board.json", headers={"Host": host})
    assert got.status == 421
    assert "STANDARD" not in got.text


@pytest.mark.parametrize(
    "head", ["", "Host: localhost\r\nHost: localhost\r\n", "Host: localhost, evil.example\r\n"]
)
def test_one_host_is_named(server: PageServer, head: str) -> None:
    assert say(server, f"GET / HTTP/1.1\r\n{head}\r\n".encode()).startswith(b"HTTP/1.0 421")


HOSTILE = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 40_000,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    b"<script>alert(1)</script> / HTTP/1.1\r\nHost: localhost\r\n\r\n",
]


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: repr(data[:20]))
def test_noise_is_refused_and_the_page_goes_on(
    board: Board, server: PageServer, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "REQUEST_S", 0.3)
    board.publish(NOTHING)
    said = say(server, data)
    assert b" 200 " not in said.split(b"\r\n")[0]
    assert b"<script>" not in said or b"text/plain" in said
    assert ask(server, "/health").status == 200


def _drip(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"G")
        time.sleep(0.05)


def test_a_request_that_drips_is_cut_off(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "REQUEST_S", 0.4)
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as slow,
        pytest.raises(ConnectionError),
    ):
        _drip(slow)


def test_too_many_at_once_are_turned_away(
    board: Board, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "REQUEST_S", 1.0)
    board.publish(NOTHING)
    idle = [
        socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(MOST_AT_ONCE)
    ]
    time.sleep(0.2)
    assert say(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
    for each in idle:
        each.close()
    time.sleep(0.2)
    assert ask(server, "/health").status == 200


def test_slow_ones_keep_others_out_for_a_second_at_most(board: Board, server: PageServer) -> None:
    board.publish(NOTHING)
    idle = [socket.socket() for _ in range(200)]
    try:
        for number, each in enumerate(idle):
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", server.port))
            if number % 8 == 0:
                time.sleep(0.001)
        began = time.monotonic()
        while say(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n") == b"":
            assert time.monotonic() - began < handler.PATIENCE_S - 1
            time.sleep(0.05)
        assert time.monotonic() - began < handler.REQUEST_S + 2  # of which most is the machine's
    finally:
        for each in idle:
            each.close()


def test_files_are_sent_once(server: PageServer) -> None:
    tag = ask(server, "/page.css").headers["ETag"]
    got = ask(server, "/page.css", headers={"If-None-Match": tag})
    assert (got.status, got.body) == (304, b"")


def test_the_board_is_json(board: Board, server: PageServer, tmp_path: Path) -> None:
    told = json.loads(ask(server, "/board.json").body)
    assert (told["snapshot"], told["silent_s"]) == (None, None)
    assert told["troubles"] == ["the daemon has not begun"]
    board.publish(lively(tmp_path, time.time()))
    told = json.loads(ask(server, "/board.json").body)
    assert told["troubles"] == []
    assert told["snapshot"]["gear"] == "ACCELERATED"
    assert told["snapshot"]["work"]["step"] == 1_240
    assert (told["snapshot"]["density"], told["snapshot"]["atlas"]) == (True, None)
    assert str(tmp_path) not in ask(server, "/board.json").text


def test_what_is_no_number_is_null(board: Board, server: PageServer) -> None:
    metrics = {"kl": float("nan"), "score": float("inf")}
    board.publish(
        board_module.Snapshot(
            gear="HYPER",
            phase="idle",
            generations=(Generation("m", "r", 1, "j", 1, metrics),),
        )
    )
    told = json.loads(ask(server, "/board.json").body, parse_constant=pytest.fail)
    assert told["snapshot"]["generations"][0]["metrics"] == {"kl": None, "score": None}


def test_health_is_503_until_the_daemon_speaks_and_when_it_falls_silent(tmp_path: Path) -> None:
    now = [100.0]
    board = Board(clock=lambda: now[0])
    with PageServer(board) as server:
        got = ask(server, "/health")
        assert got.status == 503
        board.publish(NOTHING)
        assert json.loads(ask(server, "/health").body) == {"status": "healthy", "troubles": []}
        now[0] += 29
        board.beat()
        now[0] += 29
        assert ask(server, "/health").status == 200
        now[0] += 2
        got = ask(server, "/health")
        assert got.status == 503
        assert json.loads(got.body)["troubles"] == ["the daemon has said nothing for 31 s"]
        board.publish(unwell(tmp_path, 0.0))
        got = ask(server, "/health")
        assert (got.status, json.loads(got.body)["troubles"]) == (
            503,
            ["the drive at /mnt/fossils is gone"],
        )


def test_pictures_are_served_when_there_are_some(
    board: Board, server: PageServer, tmp_path: Path
) -> None:
    assert ask(server, "/density.svg").status == 404
    board.publish(lively(tmp_path, 0.0))
    got = ask(server, "/density.svg?3")
    assert (got.status, got.headers["Content-Type"]) == (200, "image/svg+xml")
    assert got.text.startswith("<svg")
    assert got.headers["Content-Security-Policy"].endswith("sandbox")
    assert ask(server, "/atlas.svg").status == 404
    (tmp_path / "density.svg").unlink()
    assert ask(server, "/density.svg").status == 404


def test_a_picture_is_a_file_of_its_own(board: Board, server: PageServer, tmp_path: Path) -> None:
    board.publish(lively(tmp_path, 0.0))
    picture = tmp_path / "density.svg"
    picture.unlink()
    picture.symlink_to("/etc/hostname")
    assert ask(server, "/density.svg").status == 404
    picture.unlink()
    picture.mkdir()
    assert ask(server, "/density.svg").status == 404
    picture.rmdir()
    with picture.open("wb") as large:
        large.truncate(handler.MAX_PICTURE + 1)
    assert ask(server, "/density.svg").status == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "localhost.evil"])
def test_it_listens_on_loopback_alone(board: Board, host: str) -> None:
    with pytest.raises(PageError, match="not the loopback"):
        PageServer(board, host)


def test_it_listens_on_ipv6_too(board: Board) -> None:
    board.publish(NOTHING)
    with PageServer(board, "::1") as server:
        assert server.address == f"http://[::1]:{server.port}/"
        with socket.create_connection(("::1", server.port), timeout=5) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: [::1]\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.0 200")


def test_a_port_in_use_says_so(board: Board, server: PageServer) -> None:
    with pytest.raises(PageError, match=f"{server.port}: Address already in use"):
        PageServer(board, port=server.port)


def test_the_port_is_free_again_at_once(board: Board) -> None:
    port = 0
    for _ in range(5):
        with PageServer(board, port=port) as server:
            port = server.port
            assert ask(server, "/health").status == 503
    assert not [each for each in threading.enumerate() if each.name == "page"]


def test_nobody_asks_and_it_sleeps(board: Board, server: PageServer) -> None:
    """Not once is its thread awake, however often the daemon speaks."""
    board.publish(NOTHING)
    ask(server, "/board.json")
    time.sleep(0.2)
    before = _awake()
    for _ in range(20):
        board.beat()
        time.sleep(0.1)
    assert _awake() == before


def _awake() -> int:
    """How often the page's thread gave the processor back by itself."""
    (thread,) = [each for each in threading.enumerate() if each.name == "page"]
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text("ascii")
    (line,) = [each for each in status.splitlines() if each.startswith("voluntary_ctxt_switches")]
    return int(line.split()[1])
