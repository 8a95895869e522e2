"""`scf lineage`: what a version was made from."""

import click

from scf.cli.options import home_option
from scf.drive import Drive
from scf.errors import ScfError
from scf.settings import Home


@click.command()
@click.argument("version", required=False, type=click.IntRange(min=1))
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "mermaid", "json"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@click.option("--model", help="Its name in the registry; else that of the settings.")
@home_option
def command(version: int | None, form: str, model: str | None, home: Home) -> None:
    """Follow VERSION of a model, else the newest, back over its jobs, datasets and shards to every fossil.

    Each link is checked by its CID; one that is missing or altered is named.

    \b
    Example: scf lineage 1 --as mermaid
    """
    from scf.registry.files import FileRegistry
    from scf.registry.lineage import lineage
    from scf.vault import Vault

    settings = home.settings()
    drive = Drive.open(settings.drive)
    registry, model = FileRegistry(drive), model or settings.train.model
    versions = registry.versions(model)
    number = version or len(versions)
    if not 1 <= number <= len(versions):
        raise ScfError(
            f"{model} has {len(versions)} versions", hint="scf status lists the last ones"
        )
    found = lineage(registry, drive, versions[number - 1], Vault.open(drive).lineage)
    match form:
        case "json":
            click.echo(found.canonical())
        case "mermaid":
            click.echo(found.mermaid(), nl=False)
        case _:
            click.echo(found.text(), nl=False)
