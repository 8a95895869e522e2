"""What several verbs share: the home, JSON, and the parts that are opened from it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import click

from scf.errors import ScfError
from scf.settings import Home


class LockedError(ScfError):
    """The emergency lock exists."""

    code = "SCF081"


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


def refuse_when_locked(home: Home) -> None:
    """Raise LockedError while the emergency lock exists."""
    if os.path.lexists(home.lock):
        raise LockedError(
            f"{home.lock} exists: nothing is done", hint="remove it when the emergency is over"
        )


def say(text: str) -> None:
    """Talk, which goes to stderr."""
    click.echo(text, err=True)


def answer(as_json: bool, table: object, text: Callable[[], str]) -> None:
    """Print an answer, for a program or for a person."""
    click.echo(json.dumps(table, indent=2, sort_keys=True) if as_json else text())
