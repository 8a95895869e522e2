"""`scf init`: a home, its keys and a drive."""

from pathlib import Path

import click

from scf.cli.options import home_option, say
from scf.settings import FILE, Home


@click.command()
@click.option(
    "--drive",
    "root",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder, on the large drive, that takes the partitions.",
)
@home_option
def command(root: Path, home: Home) -> None:
    """Make a home with settings and a key, and the partitions on a drive; what is there stays.

    \b
    Example: scf init --drive /srv/scf
    """
    from scf.daemon.home import make

    if root == Path():
        raise click.BadParameter("expected a folder", param_hint="--drive")
    make(home, root.absolute())
    say(f"home {home.folder}: settings in {FILE}, keys in keys/; drive {root.absolute()}")
