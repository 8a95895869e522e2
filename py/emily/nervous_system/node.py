"""A service's typed end of the bus: messages in envelopes; what cannot be read is dropped and counted."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from pydantic import ValidationError

from emily.contracts.base import Contract
from emily.contracts.envelope import Envelope
from emily.contracts.messages import Refused
from emily.contracts.topic import Exchange, Topic, read, seal
from emily.contracts.topics import live
from emily.nervous_system.bus import Bus, BusError, Cancel, Question, Sample

BodyT = TypeVar("BodyT", bound=Contract)
AnswerT = TypeVar("AnswerT", bound=Contract)

Run = Callable[[Callable[[], None]], None]
"""Calls a task, now or later, on whatever thread it is meant for."""

MAX_PAYLOAD = 1 << 20
"""Bytes of a message; a longer one is dropped."""
MAX_WAITING = 2_000
MAX_WAITING_BYTES = 16 << 20
"""What may wait to be handled; what comes then is dropped and counted as overflow."""
AHEAD_NS = 1_000_000_000
"""How far a sender's monotonic clock, which is the host's, may be ahead: further is nonsense."""


@dataclass(frozen=True, slots=True)
class Message(Generic[BodyT]):
    """A message that was received."""

    key: str
    envelope: Envelope[BodyT]
    attachment: bytes

    @property
    def body(self) -> BodyT:
        """What the envelope holds."""
        return self.envelope.body


class RefusedError(BusError):
    """The question was understood and not answered; `retry` says whether asking again may help."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.retry = refused.retry


def _at_once(task: Callable[[], None]) -> None:
    task()


class Node:
    """The bus as one service sees it: `name` is the host's node, `src` the service.

    `run` carries each handler's call to the thread that is to run it; left out, handlers run on the
    bus's own thread. `counters` counts messages by what became of them.
    """

    def __init__(
        self,
        bus: Bus,
        name: str,
        src: str,
        *,
        run: Run = _at_once,
    ) -> None:
        self.bus = bus
        self.name = name
        self.src = src
        self.counters: Counter[str] = Counter()
        self.waited_ns = 0
        """The longest that a message waited to be handled; whoever reads it sets it back."""
        self._waiting = self._waiting_bytes = 0
        self._lock = Lock()
        self._run = run

    def publish(
        self,
        topic: Topic[BodyT],
        body: BodyT,
        *,
        after: Envelope[Contract] | None = None,
        attachment: bytes = b"",
        **parts: str,
    ) -> Envelope[BodyT]:
        """Publish a message and return its envelope; `after` is the message that caused it."""
        envelope = seal(body, src=self.src, after=after, ttl_ms=topic.ttl_ms)
        payload = envelope.model_dump_json().encode()
        key = topic.key(self.name, **parts)
        self.bus.publish(key, payload, attachment, delivery=topic.delivery)
        self.counters["published"] += 1
        return envelope

    def subscribe(self, topic: Topic[BodyT], handle: Callable[[Message[BodyT]], None]) -> Cancel:
        """Have `handle` called with every message of the topic that can be read and is not too old."""

        def deliver(sample: Sample) -> None:
            if len(sample.payload) + len(sample.attachment) > MAX_PAYLOAD:
                self.counters["oversize"] += 1
                return
            try:
                envelope = read(topic.body, sample.payload)
            except ValidationError:
                self.counters["unreadable"] += 1
                return
            arrived_ns = time.monotonic_ns()
            if envelope.mono_ns > arrived_ns + AHEAD_NS:
                self.counters["future"] += 1
                return
            size = len(sample.payload) + len(sample.attachment)
            if not self._hold(size):
                return

            def take() -> None:
                self._release(size, arrived_ns)
                if envelope.expired(time.monotonic_ns()):
                    self.counters["expired"] += 1
                    return
                self.counters["received"] += 1
                handle(Message(sample.key, envelope, sample.attachment))

            self._run(take)

        return self.bus.subscribe(topic.every(self.name), deliver)

    def _hold(self, size: int) -> bool:
        with self._lock:
            if self._waiting >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
                self.counters["overflow"] += 1
                return False
            self._waiting += 1
            self._waiting_bytes += size
            return True

    def _release(self, size: int, arrived_ns: int) -> None:
        with self._lock:
            self._waiting -= 1
            self._waiting_bytes -= size
            self.waited_ns = max(self.waited_ns, time.monotonic_ns() - arrived_ns)

    def serve(
        self,
        exchange: Exchange[BodyT, AnswerT],
        answer: Callable[[Message[BodyT]], AnswerT | Refused],
        *,
        run: Run | None = None,
    ) -> Cancel:
        """Answer questions. One that cannot be read is refused; so is one whose answer fails.

        `run` carries the calls to another thread than the node's.
        """
        carry = run or self._run

        def asked(question: Question) -> None:
            def say(body: AnswerT | Refused, after: Envelope[Contract] | None = None) -> None:
                question.reply(seal(body, src=self.src, after=after).model_dump_json().encode())

            if len(question.payload) > MAX_PAYLOAD:
                self.counters["oversize"] += 1
                say(Refused(reason="the question is too long", retry=False))
                return
            try:
                envelope = read(exchange.question, question.payload)
            except ValidationError:
                self.counters["unreadable"] += 1
                say(Refused(reason="the question cannot be read", retry=False))
                return

            arrived_ns, size = time.monotonic_ns(), len(question.payload)
            if not self._hold(size):
                say(Refused(reason="too many questions wait", retry=True), envelope)
                return

            def reply() -> None:
                self._release(size, arrived_ns)
                if envelope.expired(time.monotonic_ns()):
                    self.counters["expired"] += 1  # nobody waits for the answer any more
                    return
                try:
                    said = answer(Message(question.key, envelope, b""))
                except Exception:
                    say(Refused(reason="the service failed", retry=True), envelope)
                    raise
                say(said, envelope)

            carry(reply)

        return self.bus.serve(exchange.key(self.name), asked)

    def ask(
        self, exchange: Exchange[BodyT, AnswerT], body: BodyT, *, timeout_s: float = 2.0
    ) -> AnswerT:
        """Ask and return the answer. RefusedError: it was refused; NoAnswerError: nobody answered."""
        ttl_ms = max(1, round(timeout_s * 1e3))
        payload = seal(body, src=self.src, ttl_ms=ttl_ms).model_dump_json().encode()
        heard = self.bus.ask(exchange.key(self.name), payload, timeout_s=timeout_s)
        try:
            answer = exchange.read_answer(heard)
        except ValidationError:
            self.counters["unreadable"] += 1
            raise RefusedError(Refused(reason="the answer cannot be read", retry=False)) from None
        if isinstance(answer, Refused):
            raise RefusedError(answer)
        return answer

    def announce(self) -> Cancel:
        """Let others see that this service lives."""
        return self.bus.announce(live(self.name, self.src))

    def watch(self, changed: Callable[[str, bool], None]) -> Cancel:
        """Have `changed` called with the name of each service that is there, comes or goes."""
        return self.bus.watch(
            live(self.name, "*"), lambda key, there: changed(key.rsplit("/", 1)[1], there)
        )
