"""POST /api/v1/stimulus: let the loop sense something."""

from itertools import count
from time import monotonic_ns
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from emily.contracts.base import Contract, Name
from emily.contracts.envelope import Ulid
from emily.contracts.messages import Stimulus
from emily.contracts.topics import SENSE
from emily.nervous_system.bus import BusError
from emily.nervous_system.node import Node
from emily.service.api.problem import ProblemError, declared
from emily.service.api.strict_json import Number, StrictRoute

SOURCE = "api"


class StimulusRequest(Contract):
    """Something to sense: its kind, which is its modality too, and its features."""

    kind: Name
    features: Annotated[tuple[Number, ...], Field(max_length=1024)] = ()


class Sensed(Contract):
    """The id of the message, which the reflex that follows names as its cause."""

    id: Ulid


def router(node: Node) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["instinct"], route_class=StrictRoute)
    numbers = count()

    @routes.post("/api/v1/stimulus", status_code=202, responses=declared(408, 413, 422, 503))
    async def stimulus(asked: StimulusRequest) -> Sensed:
        """Publish a stimulus."""
        body = Stimulus(
            kind=asked.kind, t0_ns=monotonic_ns(), seq=next(numbers), features=asked.features
        )
        try:
            sent = node.publish(SENSE, body, modality=asked.kind, source=SOURCE)
        except BusError:
            raise ProblemError(503, "the bus is closed", retry_after_s=1) from None
        return Sensed(id=sent.id)

    return routes
