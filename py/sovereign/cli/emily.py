"""`sovereign emily …`: Emily's own command line, from this checkout."""

import os
import sys
from importlib.util import find_spec

import rich_click as click

from sovereign.errors import ProgramError


@click.command(
    name="emily",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run Emily, the cognitive loop that the hosts are for.

    What follows is Emily's own command line: `sovereign emily up --help` tells of its verb up.

    Example: sovereign emily up
    """
    missing = [name for name in ("zenoh", "numpy", "fastapi") if find_spec(name) is None]
    if missing:
        message = f"Emily needs {', '.join(missing)}"
        raise ProgramError(message, hint="install the extra: pip install 'sovereign[emily]'")
    sys.stdout.flush()
    os.execv(sys.executable, (sys.executable, "-P", "-m", "emily", *arguments))  # noqa: S606 - no shell
