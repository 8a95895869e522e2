"""GET /health and GET /ready: whether the loop is well, and whether it can serve."""

from typing import Literal

import structlog
from fastapi import APIRouter

from emily.contracts.base import Contract
from emily.contracts.messages import Check
from emily.service.api.problem import Problem, ProblemError
from emily.service.view import LoopView, status_of

_log = structlog.stdlib.get_logger("emily.api")


class Health(Contract):
    """How the loop is, and each check that says so."""

    status: Literal["healthy", "degraded"]
    checks: dict[str, Check]


def router(view: LoopView) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["health"])
    elsewhere: dict[int | str, dict[str, object]] = {
        421: {"model": Problem, "description": "The Host header names another host than this one."}
    }

    @routes.get("/health", responses=elsewhere)
    async def health() -> Health:
        """Tell how the loop is; this answers whatever happens."""
        try:
            checks = view.checks()
        except Exception:
            _log.exception("the checks failed")
            checks = {"view": Check(ok=False, detail="the checks failed")}
        return Health(status=status_of(checks), checks=checks)

    unready: dict[int | str, dict[str, object]] = {
        503: {"model": Problem, "description": "A tier is down, or the bus is away."}
    }

    @routes.get("/ready", responses=elsewhere | unready)
    async def ready() -> Health:
        """Tell whether every tier is up and the bus is there; 503 names what is not."""
        checks = view.ready()
        bad = [f"{name}: {check.detail}" for name, check in checks.items() if not check.ok]
        if bad:
            raise ProblemError(503, "; ".join(bad), retry_after_s=1)
        return Health(status="healthy", checks=checks)

    return routes
