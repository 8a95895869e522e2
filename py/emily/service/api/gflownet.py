"""POST /api/v1/gflownet/generate: hypotheses, sampled by cognition."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from emily.contracts.messages import Generate, Hypotheses
from emily.contracts.topics import GENERATE
from emily.service.api.asking import Asker
from emily.service.api.problem import declared
from emily.service.api.strict_json import WHOLE, StrictRoute


def router(asker: Asker, samples: int) -> APIRouter:
    """Return the route; `samples` are drawn where the request does not say how many."""
    routes = APIRouter(tags=["cognition"], route_class=StrictRoute)

    class GenerateRequest(Generate):
        """What hypotheses to sample; the query chooses the seed and nothing else."""

        num_samples: Annotated[int, Field(ge=1, le=1000), WHOLE] = samples

    @routes.post("/api/v1/gflownet/generate", responses=declared(408, 413, 422, 503))
    async def generate(asked: GenerateRequest) -> Hypotheses:
        """Sample hypotheses in proportion to their reward."""
        question = Generate(query=asked.query, num_samples=asked.num_samples)
        return await asker.ask(GENERATE, question)

    return routes
