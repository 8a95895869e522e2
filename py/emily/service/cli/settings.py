"""`emily settings`: the settings in force, or their schema."""

import json
from pathlib import Path

import click

from emily.service.cli.options import config_option
from emily.service.settings import load
from emily.service.settings import schema as schema_of_settings


@click.command()
@config_option
@click.option("--schema", is_flag=True, help="Print the JSON schema instead.")
def command(config: Path | None, schema: bool) -> None:
    """Print the settings in force as JSON: the file's, and the environment's above them.

    \b
    Example: emily settings --schema
    """
    if schema:
        click.echo(json.dumps(schema_of_settings(), indent=2))
    else:
        click.echo(load(config).model_dump_json(indent=2))
