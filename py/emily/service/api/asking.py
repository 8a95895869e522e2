"""Questions to other services, on threads of their own and not too many at once."""

from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from emily.contracts.base import Contract
from emily.contracts.topic import Exchange
from emily.nervous_system.bus import BusError
from emily.nervous_system.node import Node, RefusedError
from emily.service.api.problem import ProblemError

BodyT = TypeVar("BodyT", bound=Contract)
AnswerT = TypeVar("AnswerT", bound=Contract)

AT_ONCE = 16
RETRY_AFTER_S = 1


class Asker:
    """Asks over the bus; each question waits at most `timeout_s`."""

    def __init__(self, node: Node, *, timeout_s: float) -> None:
        self._node = node
        self._timeout_s = timeout_s
        self._limiter = CapacityLimiter(AT_ONCE)

    async def ask(self, exchange: Exchange[BodyT, AnswerT], body: BodyT) -> AnswerT:
        """Return the answer. ProblemError: 503, nobody answers now; 422, it was refused."""
        if self._limiter.borrowed_tokens >= AT_ONCE:
            raise ProblemError(503, "too many questions are open", retry_after_s=RETRY_AFTER_S)
        ask = partial(self._node.ask, exchange, body, timeout_s=self._timeout_s)
        try:
            return await to_thread.run_sync(ask, limiter=self._limiter, abandon_on_cancel=True)
        except RefusedError as error:
            if not error.retry:
                raise ProblemError(422, str(error)) from None
            raise ProblemError(503, str(error), retry_after_s=RETRY_AFTER_S) from None
        except BusError:
            detail = f"nobody answers {exchange.path}"
            raise ProblemError(503, detail, retry_after_s=RETRY_AFTER_S) from None
