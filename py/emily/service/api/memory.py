"""POST /api/v1/memory and /api/v1/memory/recall: episodes, kept and found again."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from emily.contracts.messages import Hits, RecallQuery, Remember, Remembered
from emily.contracts.topics import RECALL, STORE
from emily.service.api.asking import Asker
from emily.service.api.problem import declared
from emily.service.api.strict_json import WHOLE, Number, StrictRoute

Affect = Annotated[Number, Field(ge=-1, le=1)]


class StoreRequest(Remember):
    """An episode to keep. `affect` is valence, arousal and dominance."""

    affect: tuple[Affect, Affect, Affect] = (0.0, 0.0, 0.0)


class RecallRequest(RecallQuery):
    """What to recall: the episodes nearest to a text, and to a mood if one is given."""

    k: Annotated[int, Field(ge=1, le=100), WHOLE] = 10
    affect: tuple[Affect, Affect, Affect] | None = None


def router(asker: Asker) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["memory"], route_class=StrictRoute)

    @routes.post("/api/v1/memory", responses=declared(408, 413, 422, 503))
    async def store(asked: StoreRequest) -> Remembered:
        """Keep an episode; the answer says whether it is in the store or waits in the outbox."""
        return await asker.ask(STORE, Remember(**dict(asked)))

    @routes.post("/api/v1/memory/recall", responses=declared(408, 413, 422, 503))
    async def recall(asked: RecallRequest) -> Hits:
        """Return the episodes nearest to a text, the best first."""
        return await asker.ask(RECALL, RecallQuery(**dict(asked)))

    return routes
