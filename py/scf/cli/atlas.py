"""`scf atlas`: entropy and energy of the fossils, drawn."""

import click

from scf.cli.options import home_option
from scf.cli.progress import Progress
from scf.settings import Home


@click.command()
@click.option(
    "--field",
    metavar="PATH",
    help="Entropy of this number in each record too, such as point.",
)
@home_option
def command(field: str | None, home: Home) -> None:
    """Survey the shards that are new and draw the atlas of all of them; print where it is.

    \b
    Example: scf atlas
    """
    from scf.daemon.build import Parts
    from scf.daemon.pictures import draw_atlas

    parts = Parts.open(home)
    with Progress() as progress:
        progress.stage("survey")
        path = draw_atlas(parts, field)
    click.echo(path)
