"""`emily api`: the HTTP API and its page."""

import threading
import time
from pathlib import Path

import click
import structlog

from emily.nervous_system.node import Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service.api.app import create_app
from emily.service.api.server import Server
from emily.service.cli.options import begin, config_option
from emily.service.flags import Flags
from emily.service.parent import orphaned
from emily.service.view import LoopView


@click.command()
@config_option
def command(config: Path | None) -> None:
    """Serve the HTTP API, /metrics and the page at `api.host` and `api.port`.

    \b
    Example: emily api
    """
    settings = begin("api", config)
    bus = ZenohBus(settings.bus.router)
    node = Node(bus, settings.node, "api")
    flags = Flags(settings.flags.file)
    view = LoopView(
        node,
        reflex_deadline_ms=settings.reflex.deadline_ms,
        watched={"flags": flags.check},
    )
    view.start()
    leave = node.announce()
    log = structlog.get_logger()
    server = Server(
        create_app(settings, node, view),
        settings.api.host,
        settings.api.port,
        bound=lambda port: log.info("ready", host=settings.api.host, port=port),
    )
    _stop_with_supervisor(server)
    try:
        server.run()
    finally:
        leave()
        view.close()
        bus.close()


def _stop_with_supervisor(server: Server) -> None:
    def watch() -> None:
        while not orphaned():
            time.sleep(1.0)
        server.stop()

    threading.Thread(target=watch, name="supervisor", daemon=True).start()
