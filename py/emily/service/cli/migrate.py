"""`emily migrate`: bring the memory's schema up to date."""

import sqlite3
from pathlib import Path

import click

from emily.cognition.memory.migrations import Applied, migrate
from emily.service.cli.options import config_option
from emily.service.settings import Memory, load


@click.command()
@config_option
@click.option("--to", help='The last migration that shall be applied, or "base" for none.')
@click.option("--dry-run", is_flag=True, help="Print the statements and change nothing.")
def command(config: Path | None, to: str | None, dry_run: bool) -> None:
    """Bring the schema of the episodic memory up to date. The services do so by themselves.

    \b
    Example: emily migrate --dry-run
    """
    settings = load(config)
    applied = _migrate(settings.memory, to, dry_run)
    for one in applied:
        click.echo(f"{'would go' if dry_run else 'went'} {one.direction}: {one.id}", err=True)
    if not applied:
        click.echo("up to date", err=True)


def _migrate(memory: Memory, to: str | None, dry_run: bool) -> list[Applied]:
    if memory.backend == "sqlite":
        memory.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(memory.path, isolation_level=None)
        try:
            return migrate(connection, to, dry_run)
        finally:
            connection.close()
    from emily.service.postgres import server

    with server(memory, migrates=False) as pool:
        return pool.run(lambda connection: migrate(connection, to, dry_run))
