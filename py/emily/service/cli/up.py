"""`emily up`: the whole loop on this machine."""

from pathlib import Path

import click

from emily.service.cli.options import begin, config_option, terminal_logs
from emily.service.loop import Loop


@click.command()
@config_option
def command(config: Path | None) -> None:
    """Run the whole loop on this machine: router, tiers and API, supervised, until Ctrl-C.

    \b
    Example: emily up
    """
    settings = begin("up", config)
    with Loop(settings, config, env=terminal_logs(), tell=tell, takes_signals=True) as loop:
        click.echo(f"healthy after {loop.wait_healthy_s():.1f} s: {loop.url}", err=True)
        loop.wait()


def tell(name: str, event: str, detail: str) -> None:
    """Say what happened to a process of the loop."""
    if event != "started":
        click.echo(f"{name:<11} {event} {detail}", err=True)
