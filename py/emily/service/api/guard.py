"""What stands before every route: the Host header, the token, the body's length, the last resort."""

import hmac
import re
from collections.abc import Collection

import anyio
import structlog
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emily.service.api.problem import answer

MAX_BODY = 256 * 1024
"""Bytes of a body."""
_MAX_DRAINED = 32 * MAX_BODY
_DRAIN_S = 2.0
PATIENCE_S = 10.0
"""How long a body may take to come."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@/]+)(:\d{1,5})?")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_log = structlog.stdlib.get_logger("emily.api")


class Guard:
    """ASGI middleware.

    `hosts` are the names that the Host header may give (None: any), against DNS rebinding. Without
    the `token`, only the paths in `public` are answered. An exception that no route caught is logged,
    and the client is told nothing but 500.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str] | None,
        token: SecretStr | None,
        public: Collection[str],
    ) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)
        self._token = None if token is None else token.get_secret_value().encode()
        self._public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def hardened(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._admit(scope, receive, hardened)
        except Exception:
            _log.exception("request failed", method=scope["method"], path=scope["path"])
            if not started:
                await answer(500, "the service failed")(scope, receive, hardened)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if self._hosts is not None and not self._known(headers.getlist("host")):
            refusal = answer(421, "the Host header names another host than this one")
        elif not self._allowed(scope["path"], headers.getlist("authorization")):
            refusal = answer(
                401, "expected Authorization: Bearer TOKEN", headers={"WWW-Authenticate": "Bearer"}
            )
        elif "content-length" not in headers and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        else:
            body = Body(receive)
            fits: bool | None = None
            with anyio.move_on_after(PATIENCE_S):
                fits = await body.read(headers.get("content-length"))
            if fits:
                await self._app(scope, body.replay, send)
                return
            if fits is None:
                refusal = answer(408, f"the body did not come within {PATIENCE_S:g} s")
            else:
                refusal = answer(413, f"the body is longer than {MAX_BODY} bytes")
                await body.drain()
        await refusal(scope, receive, send)

    def _known(self, given: list[str]) -> bool:
        if len(given) != 1 or self._hosts is None:
            return False
        host = _HOST.fullmatch(given[0])
        return host is not None and host[1].lower() in self._hosts

    def _allowed(self, path: str, given: list[str]) -> bool:
        if self._token is None or path in self._public:
            return True
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        same = hmac.compare_digest(token.strip().encode("latin-1", "replace"), self._token)
        return same and scheme.lower() == "bearer"


class Body:
    """The body of a request, read before the application is called."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = bytearray()
        self._more = True
        self._replayed = False

    async def read(self, announced: str | None) -> bool:
        """Read it. False: it is too long, or announced to be; a client that leaves ends it."""
        if announced is not None and announced.isdigit() and int(announced[:20]) > MAX_BODY:
            return False
        while self._more and len(self._read) <= MAX_BODY:
            self._read += await self._next()
        return len(self._read) <= MAX_BODY

    async def drain(self) -> None:
        """Read the rest, within bounds: a client that still sends would not see the answer."""
        self._read.clear()
        left = _MAX_DRAINED
        with anyio.move_on_after(_DRAIN_S):
            while self._more and left > 0:
                left -= len(await self._next())

    async def replay(self) -> Message:
        """Hand out the body, and then what the server has."""
        if self._replayed:
            return await self._receive()
        self._replayed = True
        return {"type": "http.request", "body": bytes(self._read), "more_body": False}

    async def _next(self) -> bytes:
        message = await self._receive()
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        return bytes(message.get("body", b""))
