"""GET /api/v1/state, /api/v1/events and /metrics: the loop at this moment, and as it goes on."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from emily.contracts.snapshot import Snapshot
from emily.service.api.events import EventStream, Feed
from emily.service.api.problem import declared
from emily.service.metrics import CONTENT_TYPE
from emily.service.view import LoopView

_EVENT = {
    "type": "object",
    "description": "One event of the stream.",
    "required": ["data"],
    "properties": {
        "id": {"type": "string"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/Snapshot"},
        },
    },
}


def router(view: LoopView, feed: Feed) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["state"])

    @routes.get("/api/v1/state", response_model=Snapshot, responses=declared())
    async def state() -> Response:
        """Return the whole loop at this moment."""
        return Response(view.snapshot().model_dump_json(), media_type="application/json")

    streamed: dict[int | str, dict[str, object]] = {
        200: {"content": {EventStream.media_type: {"schema": _EVENT}}}
    }

    @routes.get(
        "/api/v1/events",
        status_code=200,
        response_class=EventStream,
        responses=declared(503) | streamed,
    )
    async def events() -> Response:
        """Stream the state as Server-Sent Events, up to 8 times a second, when it changes."""
        return EventStream(feed)

    @routes.get("/metrics", response_class=PlainTextResponse, responses=declared())
    async def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        return Response(view.scrape(), media_type=CONTENT_TYPE)

    return routes
