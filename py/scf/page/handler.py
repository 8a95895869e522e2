"""One request of the page: who asks, for what, and the answer with its headers."""

import io
import json
import os
import re
import socket
import stat
import time
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scf.page.board import Board, Snapshot

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

REQUEST_S = 1.0
"""How long a request may take to come as a whole: who dawdles keeps others out no longer."""
PATIENCE_S = 5.0
"""How long its answer may take to be taken."""
MAX_REQUEST = 16 << 10
"""Bytes of a request."""
MAX_PICTURE = 8 << 20

# the name and not the port: a name that an attacker made lead here is never one of these
_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/panels.js": ("panels.js", "text/javascript; charset=utf-8"),
    "/format.js": ("format.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD, once a connection."""

    board: ClassVar[Board]
    timeout = PATIENCE_S

    def setup(self) -> None:
        """Read within bounds of time and of size."""
        super().setup()
        self.rfile = io.BufferedReader(_Bounded(self.connection))

    def do_GET(self) -> None:
        """Answer."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "the Host header names another host")
            return
        path = self.path.partition("?")[0]
        if path in _FILES:
            self._file(*_FILES[path])
        elif path == "/board.json":
            self._reply(HTTPStatus.OK, "application/json", self.board.json())
        elif path == "/metrics":
            from scf.page.metrics import CONTENT_TYPE, render

            self._reply(HTTPStatus.OK, CONTENT_TYPE, render(self.board))
        elif path == "/health":
            self._health()
        elif path in {"/density.svg", "/atlas.svg"}:
            self._picture(path[1:].removesuffix(".svg"))
        else:
            self.send_error(HTTPStatus.NOT_FOUND, "there is nothing of this name")

    def do_HEAD(self) -> None:
        """Answer without the body."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer that there is no answer; a method that is not known here is one not allowed."""
        del explain
        allow = {}
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code, message, allow = 405, "only GET and HEAD", {"Allow": "GET, HEAD"}
        text = (message or HTTPStatus(code).phrase) + "\n"
        self._reply(code, "text/plain; charset=utf-8", text.encode(), **allow)

    def version_string(self) -> str:
        """Name the server, and not what it is made of."""
        return "scf"

    def log_message(self, *_: object) -> None:
        """Say nothing: a page that asks every two seconds would fill the log."""

    def _file(self, name: str, kind: str) -> None:
        content, tag = _content(name)
        if self.headers.get("If-None-Match") == tag:
            self._reply(HTTPStatus.NOT_MODIFIED, kind, b"", ETag=tag)
        else:
            self._reply(HTTPStatus.OK, kind, content, ETag=tag)

    def _health(self) -> None:
        troubles = self.board.troubles()
        code = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
        told = {"status": "unhealthy" if troubles else "healthy", "troubles": troubles}
        self._reply(code, "application/json", json.dumps(told).encode() + b"\n")

    def _picture(self, name: str) -> None:
        content = _read(_path_of(self.board.snapshot, name))
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND, "there is no such picture yet")
        else:
            self._reply(HTTPStatus.OK, "image/svg+xml", content, policy=_PICTURE_POLICY)

    def _reply(
        self, code: int, kind: str, body: bytes, *, policy: str = _POLICY, **more: str
    ) -> None:
        self.connection.settimeout(PATIENCE_S)
        self.send_response(code)
        headers = {
            **_HEADERS,
            "Content-Security-Policy": policy,
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-cache" if "ETag" in more else "no-store",
            "Connection": "close",
            **more,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Bounded(io.RawIOBase):
    """The bytes of a request: so many at most, and all of them within REQUEST_S."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._end = time.monotonic() + REQUEST_S
        self._left = MAX_REQUEST

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some. Raises TimeoutError, ConnectionError when it is too much."""
        left_s = self._end - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise ConnectionAbortedError
        self._connection.settimeout(left_s)
        view = memoryview(buffer)[: self._left]
        count = self._connection.recv_into(view)
        self._left -= count
        return count


@cache
def _content(name: str) -> tuple[bytes, str]:
    content = (files("scf.page") / name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'


def _path_of(snapshot: Snapshot | None, name: str) -> Path | None:
    if snapshot is None:
        return None
    return snapshot.density if name == "density" else snapshot.atlas


def _read(path: Path | None) -> bytes | None:
    """A picture, if it is a file of its own and no larger than a picture may be."""
    if path is None:
        return None
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            content = file.read(MAX_PICTURE + 1)
    except OSError:
        return None
    return content if len(content) <= MAX_PICTURE else None
