"""`sovereign scf …`: SCF's own command line, from this checkout."""

import os
import sys
from importlib.util import find_spec

import rich_click as click

from sovereign.errors import ProgramError


@click.command(
    name="scf",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run SCF, the daemon that trains, attests and releases models.

    What follows is SCF's own command line: `sovereign scf train --help` tells of its verb train.

    Example: sovereign scf demo
    """
    needed = ("cryptography", "msgspec", "numpy", "prometheus_client", "rfc8785", "zstandard")
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        message = f"SCF needs {', '.join(missing)}"
        raise ProgramError(message, hint="install the extra: pip install 'sovereign[scf]'")
    sys.stdout.flush()
    os.execv(sys.executable, (sys.executable, "-P", "-m", "scf", *arguments))  # noqa: S606 - no shell
