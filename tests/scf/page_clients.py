"""Clients of the page: one that speaks plain HTTP, and the browser's type."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

from playwright.sync_api import Page

from scf.page import PageServer

Opened = Callable[..., Page]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    server: PageServer, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> Answer:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        got = connection.getresponse()
        return Answer(got.status, dict(got.getheaders()), got.read())
    finally:
        connection.close()


def say(server: PageServer, data: bytes) -> bytes:
    """Send bytes as they are; everything that comes back, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        received = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65_536):
                received += part
        except ConnectionError:
            pass
        return received
