"""The in-process bus: nothing leaves the process, nothing can break."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, SimpleQueue
from threading import RLock
from typing import TypeVar

from emily.contracts.topic import Delivery
from emily.nervous_system.bus import BusError, Cancel, NoAnswerError, Question, Sample
from emily.nervous_system.expression import matches

T = TypeVar("T")


@dataclass(slots=True)
class _Registrations:
    """What is registered, by number, so that each can be taken back."""

    subscribers: dict[int, tuple[str, Callable[[Sample], None]]] = field(default_factory=dict)
    services: dict[int, tuple[str, Callable[[Question], None]]] = field(default_factory=dict)
    watchers: dict[int, tuple[str, Callable[[str, bool], None]]] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)


class LocalBus:
    """A bus among the parts of one process. Callbacks run on the publisher's thread."""

    connected = True

    def __init__(self) -> None:
        self._held = _Registrations()
        self._numbers = count()
        self._lock = RLock()
        self._closed = False

    def publish(
        self,
        key: str,
        payload: bytes,
        attachment: bytes = b"",
        *,
        delivery: Delivery,  # noqa: ARG002  # nothing is queued here
    ) -> None:
        """Hand the bytes to whoever subscribed."""
        with self._lock:
            self._check_open()
            deliver = [
                one
                for expression, one in self._held.subscribers.values()
                if matches(expression, key)
            ]
        sample = Sample(key, payload, attachment)
        for each in deliver:
            each(sample)

    def subscribe(self, expression: str, deliver: Callable[[Sample], None]) -> Cancel:
        """Have `deliver` called with every sample whose key the expression matches."""
        return self._add(self._held.subscribers, (expression, deliver))

    def serve(self, key: str, answer: Callable[[Question], None]) -> Cancel:
        """Have `answer` called with every question under the key."""
        return self._add(self._held.services, (key, answer))

    def ask(self, key: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Return the first answer. NoAnswerError: there was none in time."""
        answers: SimpleQueue[bytes] = SimpleQueue()
        if not self.offer(Question(key, payload, answers.put)):
            raise NoAnswerError(key)
        try:
            return answers.get(timeout=timeout_s)
        except Empty:
            raise NoAnswerError(key) from None

    def offer(self, question: Question) -> bool:
        """Put a question to whoever serves its key; tell whether anybody does."""
        with self._lock:
            self._check_open()
            asked = [answer for key, answer in self._held.services.values() if key == question.key]
        for answer in asked:
            answer(question)
        return bool(asked)

    def announce(self, key: str) -> Cancel:
        """Hold a liveliness token until it is cancelled."""
        cancel = self._add(self._held.tokens, key)
        self._tell(key, there=True)

        def end() -> None:
            with self._lock:
                before = len(self._held.tokens)
                cancel()
                gone = len(self._held.tokens) < before and key not in self._held.tokens.values()
            if gone:
                self._tell(key, there=False)

        return end

    def watch(self, expression: str, changed: Callable[[str, bool], None]) -> Cancel:
        """Have `changed` called with the key of each token that is there, comes (True) or goes."""
        with self._lock:
            cancel = self._add(self._held.watchers, (expression, changed))
            there = {key for key in self._held.tokens.values() if matches(expression, key)}
        for key in sorted(there):
            changed(key, True)
        return cancel

    def close(self) -> None:
        """Forget everything that was registered."""
        with self._lock:
            self._closed = True
            self._held = _Registrations()

    def _tell(self, key: str, *, there: bool) -> None:
        with self._lock:
            changed = [
                one for expression, one in self._held.watchers.values() if matches(expression, key)
            ]
        for each in changed:
            each(key, there)

    def _check_open(self) -> None:
        if self._closed:
            msg = "the bus is closed"
            raise BusError(msg)

    def _add(self, held: dict[int, T], registration: T) -> Cancel:
        with self._lock:
            self._check_open()
            number = next(self._numbers)
            held[number] = registration

        def end() -> None:
            with self._lock:
                held.pop(number, None)

        return end
