"""`scf control`: orders to the running daemon."""

import click

from scf.cli.options import home_option, say
from scf.daemon.control import Command, give
from scf.daemon.gears import Gear
from scf.daemon.journal import Journal
from scf.daemon.state import Mode
from scf.settings import Home

_WORDS = {
    "stop": Command.STOP,
    "pause": Command.PAUSE,
    "resume": Command.RESUME,
    **{gear.lower(): Command.SHIFT_GEAR for gear in Gear},
}


@click.command()
@click.argument("order", type=click.Choice(list(_WORDS), case_sensitive=False))
@home_option
def command(order: str, home: Home) -> None:
    """Order the daemon to shift to a gear, to pause, to resume or to stop.

    Gears: standard looks every 5 s, accelerated every 1 s, hyper every 0.1 s, singularity every
    0.05 s. It obeys within one of its periods, and each order once.

    \b
    Example: scf control hyper
    """
    settings = home.settings()
    journal = Journal(home.journal)
    last = Mode.of(journal, Gear(settings.gear)).seq
    journal.close()
    chosen = _WORDS[order]
    gear = Gear(order.upper()) if chosen is Command.SHIFT_GEAR else None
    written = give(home.control, chosen, gear, after=last)
    say(f"order {written.seq}: {order}")
