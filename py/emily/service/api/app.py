"""The application: every route, behind one guard."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from emily.instinct.alpha import AlphaOscillatoryAttention
from emily.nervous_system.node import Node
from emily.service.api import (
    attention,
    gflownet,
    health,
    memory,
    openapi,
    page,
    problem,
    state,
    stimulus,
)
from emily.service.api.asking import Asker
from emily.service.api.events import Feed
from emily.service.api.guard import Guard
from emily.service.host import is_loopback
from emily.service.settings import Settings
from emily.service.view import LoopView

VERSION = "1.0.0"


def create_app(
    settings: Settings,
    node: Node,
    view: LoopView,
    *,
    ask_timeout_s: float = 5.0,
    folder: Path = page.FOLDER,
) -> FastAPI:
    """Return the application over a view that was started.

    `ask_timeout_s` is how long a question to another service may take; `folder` holds the page.
    `app.state.feed` is the stream of events, to be closed before the server stops. SettingsError: the
    file with the token is not fit.
    """
    token = settings.api.token()
    feed, asker = Feed(view), Asker(node, timeout_s=ask_timeout_s)
    app = FastAPI(
        title="Emily",
        version=VERSION,
        description="The cognitive loop from stimulus to action.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            problem.ProblemError: problem.tell,
            HTTPException: problem.tell_http,
            RequestValidationError: problem.tell_invalid,
        },
    )
    for router in (
        health.router(view),
        attention.router(AlphaOscillatoryAttention()),
        gflownet.router(asker, settings.gflownet.samples),
        memory.router(asker),
        stimulus.router(node),
        state.router(view, feed),
    ):
        app.include_router(router)
    pages = page.routes(folder)
    app.router.routes.extend(pages)
    app.add_middleware(
        Guard,
        hosts=_hosts(settings.api.host),
        token=token,
        public=openapi.PUBLIC | {route.path for route in pages},
    )
    document = openapi.describe(app, token=token is not None)
    app.openapi = lambda: document  # type: ignore[method-assign]  # as FastAPI's manual does it
    app.state.feed = feed
    return app


def _hosts(bound: str) -> frozenset[str] | None:
    """Return what the Host header may name: on loopback, the names of loopback."""
    if not is_loopback(bound):
        return None
    own = f"[{bound}]" if ":" in bound else bound
    return frozenset({"localhost", "127.0.0.1", "[::1]", own.lower()})
