"""`emily demo`: the whole loop, and a made scenario so that something happens."""

from pathlib import Path

import click

from emily.nervous_system.node import Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service import scenario
from emily.service.cli.options import begin, config_option
from emily.service.cli.up import tell
from emily.service.loop import Loop

_DAY_S = 120.0
"""Seconds in which the demo's body lives a day: its night lasts 40."""


@click.command()
@config_option
@click.option("--seconds", default=600.0, show_default=True, help="How long it plays.")
@click.option("--seed", default=1, show_default=True, help="What happens, and when.")
def command(config: Path | None, seconds: float, seed: int) -> None:
    """Run the loop with made sounds and sights: claps, an alarm, a voice in noise, and a night.

    \b
    Example: emily demo --seconds 60
    """
    settings = begin("demo", config)
    faster = {"EMILY_CIRCADIAN__SPEED": str(24 * 3600 / _DAY_S)}
    with Loop(settings, config, env=faster, tell=tell) as loop:
        click.echo(f"healthy after {loop.wait_healthy_s():.1f} s: {loop.url}", err=True)
        bus = ZenohBus(settings.bus.router)
        try:
            scenario.run(
                Node(bus, settings.node, "demo"),
                seed=seed,
                seconds=seconds,
                tell=lambda event: click.echo(f"{event.at_s:7.1f} s  {event.kind}", err=True),
                stopped=lambda: loop.stopping,
            )
        finally:
            bus.close()
