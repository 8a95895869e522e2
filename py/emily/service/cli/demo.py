"""`emily demo`: the whole loop, and a made scenario so that something happens."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from emily.nervous_system.node import Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service import scenario
from emily.service.cli.options import begin, config_option, terminal_logs
from emily.service.cli.up import tell
from emily.service.loop import Loop

_DAY_S = 120.0
"""Seconds in which the demo's body lives a day: its night lasts 40."""


@click.command()
@config_option
@click.option(
    "--seconds",
    type=click.IntRange(1, 86_400),
    default=600,
    show_default=True,
    help="How long it plays.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="What happens, and when.",
)
@click.option("--keep", is_flag=True, help="Remember it in the state folder of the settings.")
def command(config: Path | None, seconds: int, seed: int, keep: bool) -> None:
    """Run the loop with made sounds and sights: claps, an alarm, a voice in noise, and a night.

    What it lives through is forgotten at the end: its memory and its body are not yours.

    \b
    Example: emily demo --seconds 60
    """
    settings = begin("demo", config)
    env = {**terminal_logs(), "EMILY_CIRCADIAN__SPEED": str(24 * 3600 / _DAY_S)}
    with TemporaryDirectory(prefix="emily-demo-") as folder:
        if not keep:
            env["EMILY_STATE__FOLDER"] = folder
        _play(Loop(settings, config, env=env, tell=tell, takes_signals=True), seconds, seed)


def _play(playing: Loop, seconds: float, seed: int) -> None:
    with playing as loop:
        click.echo(f"healthy after {loop.wait_healthy_s():.1f} s: {loop.url}", err=True)
        settings = loop.settings
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
