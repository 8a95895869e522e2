"""`emily router`: the Zenoh router through which the services find each other."""

import signal
import threading
from pathlib import Path
from types import FrameType

import click
import structlog

from emily.nervous_system.zenoh_bus import open_router
from emily.service import notify
from emily.service.cli.options import begin, config_option
from emily.service.parent import orphaned
from emily.service.priority import raise_priority


@click.command()
@config_option
def command(config: Path | None) -> None:
    """Run the Zenoh router at `bus.router`.

    \b
    Example: emily router
    """
    settings = begin("router", config)
    raise_priority()
    session = open_router(settings.bus.router)
    ending = threading.Event()

    def end(*_: int | FrameType | None) -> None:
        ending.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    notify.ready(f"listening at {settings.bus.router}")
    structlog.get_logger().info("ready", endpoint=settings.bus.router)
    while not ending.wait(min(1.0, notify.watchdog_period_s() or 1.0)):
        notify.watchdog()
        if orphaned():
            break
    notify.stopping()
    session.close()  # type: ignore[no-untyped-call]  # untyped in zenoh
