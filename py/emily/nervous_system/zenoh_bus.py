"""The bus over Zenoh: a client of the host's router, which leads every message to other processes.

What a process publishes reaches its own subscribers in the process itself; the network carries it to
the others. So when the router dies, each tier goes on by itself, and when it returns, the session
finds it again with every subscription, service and token in force.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

import zenoh

from emily.contracts.topic import Delivery
from emily.nervous_system.bus import BusError, Cancel, NoAnswerError, Question, Sample
from emily.nervous_system.local import LocalBus

_RETRY = {"period_init_ms": 100, "period_max_ms": 1000, "period_increase_factor": 1.5}
_RETRY_S = 0.2

_Declare = Callable[[zenoh.Session], Callable[[], None]]


def _config(mode: str, **settings: object) -> zenoh.Config:
    """Return a configuration that finds nobody but whom it names, and keeps no shared memory."""
    quiet = {"multicast": {"enabled": False}, "gossip": {"enabled": False}}
    transport = {"shared_memory": {"enabled": False}}
    return zenoh.Config.from_json5(
        json.dumps({"mode": mode, "scouting": quiet, "transport": transport, **settings})
    )


def open_router(endpoint: str) -> zenoh.Session:
    """Open a router that listens on the endpoint ("tcp/127.0.0.1:7447"). BusError: it cannot."""
    try:
        return zenoh.open(_config("router", listen={"endpoints": [endpoint]}))
    except zenoh.ZError as error:
        msg = f"cannot listen on {endpoint}: {error}"
        raise BusError(msg) from None


@dataclass(slots=True, eq=False)
class _Declaration:
    """Something the router is to know; `end` takes it back, once it was declared."""

    declare: _Declare
    end: Callable[[], None] | None = None


class ZenohBus:
    """One process's session with the router at `endpoint`, which may come and go at any time.

    BusError: the endpoint is no address.
    """

    def __init__(self, endpoint: str) -> None:
        try:
            self._config = _config(
                "client",
                connect={"endpoints": [endpoint], "timeout_ms": 0, "retry": _RETRY},
            )
        except zenoh.ZError as error:
            msg = f"{endpoint!r} is no endpoint: {error}"
            raise BusError(msg) from None
        self._local = LocalBus()
        self._session: zenoh.Session | None = None
        self._declared: set[_Declaration] = set()
        self._lock = Lock()
        self._closed = Event()
        if not self._open():
            # zenoh finds a router again that it lost, but not one that it never saw
            Thread(target=self._keep_opening, name="zenoh-open", daemon=True).start()

    @property
    def connected(self) -> bool:
        """Tell whether the router is there."""
        session = self._session
        return session is not None and not session.is_closed() and bool(session.info.routers_zid())

    def publish(
        self, key: str, payload: bytes, attachment: bytes = b"", *, delivery: Delivery
    ) -> None:
        """Send bytes to whoever subscribed, here at once, elsewhere while the router is there."""
        self._local.publish(key, payload, attachment, delivery=delivery)
        if self._session is None:
            return
        self._session.put(
            key,
            payload,
            attachment=attachment or None,
            congestion_control=(
                zenoh.CongestionControl.BLOCK
                if delivery.when_full == "block"
                else zenoh.CongestionControl.DROP
            ),
            priority=zenoh.Priority.REAL_TIME if delivery.real_time else zenoh.Priority.DATA,
            express=delivery.real_time,
            allowed_destination=zenoh.Locality.REMOTE,
        )

    def subscribe(self, expression: str, deliver: Callable[[Sample], None]) -> Cancel:
        """Have `deliver` called with every sample whose key the expression matches."""

        def received(sample: zenoh.Sample) -> None:
            attachment = sample.attachment
            deliver(
                Sample(
                    str(sample.key_expr),
                    sample.payload.to_bytes(),
                    attachment.to_bytes() if attachment else b"",
                )
            )

        return self._keep(
            lambda session: (
                session.declare_subscriber(
                    expression, received, allowed_origin=zenoh.Locality.REMOTE
                ).undeclare
            ),
            self._local.subscribe(expression, deliver),
        )

    def serve(self, key: str, answer: Callable[[Question], None]) -> Cancel:
        """Have `answer` called with every question under the key."""

        def asked(query: zenoh.Query) -> None:
            def reply(payload: bytes) -> None:
                with query:  # a query that is not dropped keeps the asker waiting
                    query.reply(key, payload)

            payload = query.payload
            answer(Question(key, payload.to_bytes() if payload else b"", reply))

        return self._keep(
            lambda session: (
                session.declare_queryable(
                    key, asked, allowed_origin=zenoh.Locality.REMOTE
                ).undeclare
            ),
            self._local.serve(key, answer),
        )

    def ask(self, key: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Return the first answer. NoAnswerError: there was none in time."""
        answers: SimpleQueue[bytes | None] = SimpleQueue()
        if not self._local.offer(Question(key, payload, answers.put)):
            self._ask_others(key, payload, answers, timeout_s)
        try:
            answer = answers.get(timeout=timeout_s)
        except Empty:
            answer = None
        if answer is None:
            raise NoAnswerError(key)
        return answer

    def announce(self, key: str) -> Cancel:
        """Hold a liveliness token: others see it until it is cancelled or the process dies."""
        return self._keep(
            lambda session: session.liveliness().declare_token(key).undeclare,
            self._local.announce(key),
        )

    def watch(self, expression: str, changed: Callable[[str, bool], None]) -> Cancel:
        """Have `changed` called with the key of each token that is there, comes (True) or goes."""

        def told(sample: zenoh.Sample) -> None:
            changed(str(sample.key_expr), sample.kind == zenoh.SampleKind.PUT)

        return self._keep(
            lambda session: (
                session.liveliness().declare_subscriber(expression, told, history=True).undeclare
            )
        )

    def close(self) -> None:
        """Leave the bus."""
        self._closed.set()
        self._local.close()
        with self._lock:
            for declaration in self._declared:
                if declaration.end is not None:
                    with suppress(zenoh.ZError):
                        declaration.end()
            self._declared.clear()
            if self._session is not None and not self._session.is_closed():
                self._session.close()  # type: ignore[no-untyped-call]  # untyped in zenoh

    def _ask_others(
        self, key: str, payload: bytes, answers: SimpleQueue[bytes | None], timeout_s: float
    ) -> None:
        def replied(reply: zenoh.Reply) -> None:
            if reply.ok is not None:
                answers.put(reply.ok.payload.to_bytes())

        if self._session is None:
            answers.put(None)
            return
        self._session.get(
            key,
            zenoh.handlers.Callback(replied, lambda: answers.put(None)),
            payload=payload,
            timeout=timeout_s,
            allowed_destination=zenoh.Locality.REMOTE,
        )

    def _open(self) -> bool:
        try:
            session = zenoh.open(self._config)
        except zenoh.ZError:
            return False
        with self._lock:
            if self._closed.is_set():
                session.close()  # type: ignore[no-untyped-call]  # untyped in zenoh
                return True
            self._session = session
            for declaration in self._declared:
                declaration.end = declaration.declare(session)
        return True

    def _keep_opening(self) -> None:
        while not self._closed.wait(_RETRY_S) and not self._open():
            pass

    def _keep(self, declare: _Declare, here: Cancel | None = None) -> Cancel:
        """Declare it as soon as there is a session, and hold it: zenoh ends what nobody holds."""
        declaration = _Declaration(declare)
        with self._lock:
            if self._session is not None:
                declaration.end = declare(self._session)
            self._declared.add(declaration)

        def cancel() -> None:
            with self._lock:
                ours = declaration in self._declared
                self._declared.discard(declaration)
            if ours and declaration.end is not None:
                declaration.end()
            if here is not None:
                here()

        return cancel
