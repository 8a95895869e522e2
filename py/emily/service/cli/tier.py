"""`emily tier NAME`: one tier in this process."""

from pathlib import Path
from typing import get_args

import click

from emily.contracts.messages import Tier
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service.build import build_tier
from emily.service.cli.options import begin, config_option
from emily.service.priority import raise_priority
from emily.service.tiers.runner import run


@click.command()
@click.argument("name", type=click.Choice(get_args(Tier)))
@config_option
def command(name: Tier, config: Path | None) -> None:
    """Run one tier until SIGTERM: instinct, nervous, metabolism or cognition.

    \b
    Example: emily tier instinct
    """
    settings = begin(name, config)
    if name == "instinct":
        raise_priority()
    run(build_tier(name, settings), ZenohBus(settings.bus.router), settings.node)
