"""POST /api/v1/attention: the order in which simultaneous signals pass the alpha rhythm."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from emily.contracts.base import Contract
from emily.instinct.alpha import AlphaOscillatoryAttention
from emily.service.api.problem import declared
from emily.service.api.strict_json import Number, StrictRoute


class Signals(Contract):
    """Signals that are there at once."""

    signals: Annotated[tuple[Number, ...], Field(max_length=1024)]


class Attention(Contract):
    """The signals in firing order: values, indices, phases in radians, times in the cycle.

    `latency_ms` is what it took to compute, not the wait for a phase.
    """

    gated: tuple[float, ...]
    order: tuple[int, ...]
    phases: tuple[float, ...]
    t_ms: tuple[float, ...]
    latency_ms: Annotated[float, Field(ge=0)]


def router(alpha: AlphaOscillatoryAttention) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["instinct"], route_class=StrictRoute)

    @routes.post("/api/v1/attention", response_model=Attention, responses=declared(408, 413, 422))
    async def attention(asked: Signals) -> Response:
        """Order simultaneous signals by when they fire in one cycle of the alpha rhythm."""
        gated = alpha.gate(asked.signals)
        said = Attention(
            gated=tuple(gated),
            order=gated.order,
            phases=gated.phases,
            t_ms=tuple(firing.t_ms for firing in gated.firings),
            latency_ms=gated.latency_ms,
        )
        return Response(said.model_dump_json(), media_type="application/json")

    return routes
