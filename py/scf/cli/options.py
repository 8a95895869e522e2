"""What several verbs share: the home, JSON, and the parts that are opened from it."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from scf.settings import Home, LockedError, refuse_when_locked

__all__ = ["LockedError", "answer", "home_option", "json_option", "refuse_when_locked", "say"]


def _home(ctx: click.Context, param: click.Parameter, value: Path | None) -> Home:
    del ctx, param
    return Home.named(value)


home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    callback=_home,
    help="The folder with scf.toml; else $SCF_HOME, else data/scf.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(text: str) -> None:
    """Talk, which goes to stderr."""
    click.echo(text, err=True)


def answer(as_json: bool, table: object, text: Callable[[], str]) -> None:
    """Print an answer, for a program or for a person."""
    click.echo(json.dumps(table, indent=2, sort_keys=True) if as_json else text())
