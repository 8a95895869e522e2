"""The server of the page: on loopback, GET and HEAD only, and asleep until somebody asks."""

import logging
import socket
import sys
import threading
from contextlib import suppress
from http.server import ThreadingHTTPServer
from socketserver import TCPServer

from scf.errors import ScfError
from scf.page.board import Board
from scf.page.handler import Handler

LOG = logging.getLogger("scf")
MOST_AT_ONCE = 16
"""Connections; one more is closed unanswered."""
Connection = socket.socket | tuple[bytes, socket.socket]
_LOOPBACK = ("127.0.0.1", "::1")


class PageError(ScfError):
    """The page cannot be shown there."""

    code = "SCF075"


class PageServer:
    """Serves a board from threads of this process, from `start` until `stop`. Port 0: a free one.

    Raises PageError when the address is not this machine's alone, or is taken.
    """

    def __init__(self, board: Board, host: str = "127.0.0.1", port: int = 0) -> None:
        if host not in _LOOPBACK:
            raise PageError(
                f"{host} is not the loopback of this machine",
                hint="to show the page beyond it, put a proxy that asks who is there before it",
            )
        bound = type("BoundHandler", (Handler,), {"board": board})
        try:
            self._server = _Server((host, port), bound)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise PageError(
                f"the page cannot listen at {host}:{port}: {reason}", hint="set another page.port"
            ) from None
        self.port: int = self._server.server_address[1]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"
        self._thread = threading.Thread(target=self._server.run, name="page", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End, and give the port back."""
        self._server.end()
        if self._thread.is_alive():
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> "PageServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_AT_ONCE

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._ended = False
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind, without asking the network for this machine's name."""
        TCPServer.server_bind(self)

    def run(self) -> None:
        """Answer until the end. serve_forever would wake up twice a second to see if it has come."""
        while not self._ended:
            self.handle_request()

    def end(self) -> None:
        """Let `run` return: a connection wakes it up."""
        self._ended = True
        with suppress(OSError), socket.socket(self.address_family) as waker:
            waker.settimeout(1)
            waker.connect(self.server_address)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether there is room for one more."""
        del request, client_address
        return not self._ended and self._free.acquire(blocking=False)

    def process_request(self, request: Connection, client_address: object) -> None:
        """Start a thread that answers."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no more threads
            self._free.release()
            raise

    def process_request_thread(self, request: Connection, client_address: object) -> None:
        """Answer, in a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say what went wrong, unless a client merely left."""
        del request, client_address
        if not isinstance(sys.exception(), OSError):
            LOG.exception("the page failed to answer")
