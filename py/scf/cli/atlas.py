"""`scf atlas`: entropy and energy of the fossils, drawn."""

from importlib.util import find_spec

import click

from scf.cli.options import home_option, refuse_when_locked
from scf.cli.progress import Progress
from scf.cli.reading import parts
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

    The density of the newest version is drawn as well, where there is PyTorch: the page shows both.

    \b
    Example: scf atlas
    """
    from scf.daemon.pictures import draw_atlas, draw_density

    refuse_when_locked(home)
    there = parts(home)
    with Progress() as progress:
        progress.stage("survey")
        click.echo(draw_atlas(there, field))
        versions = there.registry.versions(there.settings.train.model)
        if versions and versions[-1].recipe == "ebdm" and find_spec("torch") is not None:
            progress.stage("draw")
            click.echo(draw_density(there, versions[-1]))
