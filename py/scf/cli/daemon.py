"""`scf daemon`: trains whenever enough fossils have come."""

import logging
import os
import shutil
import sys
from pathlib import Path

import click

from scf.cli.options import home_option
from scf.errors import ScfError
from scf.settings import Home


@click.command()
@click.option(
    "--until-idle",
    is_flag=True,
    help="End when there is nothing left to do: 1 when the last training failed.",
)
@click.option("--no-page", is_flag=True, help="Without the page and the metrics.")
@click.option(
    "--unit",
    type=click.Choice(["systemd", "release", "timer", "launchd", "launchd-release"]),
    help="Print a unit that runs it, or the weekly release with its timer, and do nothing else.",
)
@click.option("--user", default="scf", show_default=True, help="Who the unit runs as.")
@home_option
def command(until_idle: bool, no_page: bool, unit: str | None, user: str, home: Home) -> int:
    """Look for new fossils, train on them, attest and register what comes of it, in one of four gears.

    It obeys `scf control`. While the file EMERGENCY_LOCK exists in its home, nothing is done.

    \b
    Example: scf daemon --until-idle
    """
    if unit is not None:
        click.echo(unit_text(unit, home, user), nl=False)
        return 0
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    from scf.daemon.build import Parts
    from scf.daemon.journal import Stage
    from scf.daemon.loop import Did
    from scf.daemon.serve import alone, alone_on, serve, stopped_by_signals, swept
    from scf.daemon.shown import shown

    with alone(home), stopped_by_signals() as stop:
        parts = Parts.open(home)
        daemon = parts.daemon()
        with alone_on(parts.drive), shown(parts, daemon, page=not no_page) as seen:
            serve(
                daemon,
                stop,
                seen=swept(daemon, seen),
                until=lambda did: until_idle and did in {Did.IDLE, Did.LOCKED, Did.PAUSED},
            )
        last = daemon.journal.last()
    return int(until_idle and last is not None and last.stage is Stage.FAILED)


def unit_text(unit: str, home: Home, user: str) -> str:
    """The text of a unit for this home. Raises ScfError."""
    from scf import units

    found = shutil.which(
        "scf", path=os.pathsep.join((str(Path(sys.executable).parent), os.defpath))
    )
    found = found or shutil.which("scf")
    if found is None:
        raise ScfError(
            "the command scf is not on PATH", hint="a unit needs it: install the package"
        )
    program = Path(found).absolute()
    install = units.Install(
        program=program, drive=home.settings().drive, state=home.folder, user=user
    )
    texts = {
        "systemd": units.systemd_unit,
        "release": units.systemd_release,
        "timer": units.systemd_timer,
        "launchd": units.launchd_plist,
        "launchd-release": units.launchd_release_plist,
    }
    return texts[unit](install)
