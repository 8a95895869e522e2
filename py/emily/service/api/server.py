"""The HTTP server: uvicorn, run from code, with our logs, systemd's watchdog and a graceful stop."""

import asyncio
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from emily.service import notify

GRACE_S = 3
"""How long open requests may take to finish."""
FIRST_REQUEST_S = 10.0
"""How long a connection may be open before it says anything."""
BACKLOG = 128


class _Protocol(H11Protocol):
    """HTTP/1.1 on one connection, which is closed when nothing comes; uvicorn would keep it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            FIRST_REQUEST_S, self.timeout_keep_alive_handler
        )


class ListenError(Exception):
    """The address cannot be listened at."""


class Server(uvicorn.Server):
    """Serves an application that create_app() made until a signal or stop(); `bound` gets the port.

    ListenError: the address is taken, or not this host's.
    """

    def __init__(
        self, app: FastAPI, host: str, port: int, *, bound: Callable[[int], None] | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                http=_Protocol,
                backlog=BACKLOG,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._app = app
        self._bound = bound
        self._socket = _listen(host, port)
        _allow_many_files()
        self._watchdog_s = notify.watchdog_period_s()
        self._told_s = 0.0

    @property
    def port(self) -> int:
        """The port that is listened at."""
        return int(self._socket.getsockname()[1])

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, on this thread; SIGTERM and SIGINT end it where it is the main one."""
        super().run(sockets or [self._socket])

    def stop(self) -> None:
        """Have run() return, from any thread: open requests are finished first."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self._bound is not None:
            self._bound(self.port)
        notify.ready(f"listening at port {self.port}")

    async def on_tick(self, counter: int) -> bool:
        """Tell the watchdog, ten times a second at most, that the event loop turns."""
        now = monotonic()
        if self._watchdog_s is not None and now - self._told_s >= self._watchdog_s:
            self._told_s = now
            notify.watchdog()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would never end by themselves, and stop."""
        notify.stopping()
        self._app.state.feed.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal without raising it again, so that the caller can clean up."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def serve(
    app: FastAPI, host: str, port: int, *, bound: Callable[[int], None] | None = None
) -> None:
    """Serve an application until SIGTERM or SIGINT; `bound` is told the port (0 chooses one)."""
    Server(app, host, port, bound=bound).run()


def _allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: each connection takes one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        msg = f"the API cannot listen at {host} port {port}: {error.strerror or error}"
        raise ListenError(msg) from None
    # asyncio does so only for sockets whose protocol was named; without it an answer waits 40 ms
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
