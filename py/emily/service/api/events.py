"""The snapshot as Server-Sent Events: as often as it changes, to a limited number of listeners."""

from time import monotonic

import anyio
from fastapi import Response
from starlette.types import Receive, Scope, Send

from emily.service.api.problem import answer
from emily.service.view import LoopView

PERIOD_S = 0.125
QUIET_S = 5.0
"""After so long without a change a comment shows that the stream lives."""
PATIENCE_S = 10.0
"""A listener that has not taken a frame for so long is left."""
LISTENERS = 16


class Feed:
    """The newest snapshot as a frame, made once for all who listen."""

    def __init__(self, view: LoopView) -> None:
        self._view = view
        self._revision = -1
        self._frame = b""
        self._looked_s = 0.0
        self.listeners = 0
        self.closed = False

    def close(self) -> None:
        """Let every stream end."""
        self.closed = True

    def newest(self) -> tuple[int, bytes]:
        """Return the newest frame and its revision."""
        now = monotonic()
        if not self._frame or now - self._looked_s >= PERIOD_S / 2:
            self._looked_s = now
            revision = self._view.revision()
            if revision != self._revision or not self._frame:
                snapshot = self._view.snapshot().model_dump_json().encode()
                self._frame = b"id: %d\ndata: %b\n\n" % (revision, snapshot)
                self._revision = revision
        return self._revision, self._frame


class EventStream(Response):
    """A stream of snapshots. A listener that is slow misses some; nothing is queued for it."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the listener leaves or the server stops."""
        feed = self._feed
        if feed.listeners >= LISTENERS or feed.closed:
            full = answer(503, "too many listen already", headers={"Retry-After": "5"})
            await full(scope, receive, send)
            return
        feed.listeners += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with anyio.create_task_group() as group:
                group.start_soon(_until_gone, receive, group.cancel_scope)
                await self._follow(send)
                group.cancel_scope.cancel()
        finally:
            feed.listeners -= 1

    async def _follow(self, send: Send) -> None:
        last, spoke_s = -1, monotonic()
        while not self._feed.closed:
            revision, frame = self._feed.newest()
            quiet = monotonic() - spoke_s >= QUIET_S
            if revision != last or quiet:
                chunk = frame if revision != last else b": quiet\n\n"
                last, spoke_s = revision, monotonic()
                with anyio.move_on_after(PATIENCE_S) as patience:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if patience.cancelled_caught:
                    return
            await anyio.sleep(PERIOD_S)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive, stream: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.cancel()
