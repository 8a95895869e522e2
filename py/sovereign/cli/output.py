"""What a person or a program reads: answers go to stdout, talk to stderr."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sovereign.diagnostics import Diagnostic
from sovereign.errors import SovereignError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from sovereign.inventory.load import Inventory

_MOST = 40
"""As many findings that are no errors are shown in full."""

_F = TypeVar("_F", bound=Callable[..., object])


def root_option(function: _F) -> _F:
    """`--root DIR`: the fleet's folder."""
    return click.option(
        "--root",
        type=click.Path(file_okay=False, path_type=Path),
        help="The fleet's folder, which holds hosts/. Default: this one or the nearest above it.",
    )(function)


def json_option(function: _F) -> _F:
    """`--json`: the answer for a program."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(function)


def color_option(function: _F) -> _F:
    """`--color WHEN`: colours; NO_COLOR and a stream that is no terminal turn them off."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Whether to use colours.",
    )(function)


def find_root(given: Path | None) -> Path:
    """The fleet's folder: the given one, or the nearest above this that holds hosts/fleet.toml."""
    here = (given or Path.cwd()).resolve()
    for folder in (here,) if given else (here, *here.parents):
        if (folder / "hosts" / "fleet.toml").exists():
            return folder
    raise UsageError(
        f"no hosts/fleet.toml in {here}" + ("" if given else " or above it"),
        hint="name the fleet's folder with --root, or make a new fleet: sovereign init",
    )


def wants_color(choice: str, *, err: bool) -> bool:
    """Whether a stream gets colours."""
    if choice != "auto":
        return choice == "always"
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def answer(text: str) -> None:
    """Print the answer."""
    click.echo(text, color=True)


def answer_json(value: object) -> None:
    """Print the answer for a program."""
    # ASCII: a path may hold bytes that are no text, and a terminal may lack the characters.
    click.echo(json.dumps(value, indent=2))


def talk(text: str, *, color: bool = False) -> None:
    """Say something that is no answer."""
    click.echo(text, err=True, color=color or None)


def console(choice: str, *, err: bool = False) -> "Console":
    """A rich console on one of the streams; plain and as wide as need be where it is no terminal."""
    from rich.console import Console

    color = wants_color(choice, err=err)
    stream = sys.stderr if err else sys.stdout
    return Console(
        file=stream,
        force_terminal=color,
        no_color=not color,
        highlight=False,
        emoji=False,
        markup=False,
        width=None if stream.isatty() else 120,
    )


def tell_diagnostics(
    diagnostics: Iterable[Diagnostic], root: Path, choice: str, *, err: bool = True
) -> None:
    """Show messages with their places: all errors, then others as long as few remain.

    They are talk on stderr, and the answer where a verb is asked for nothing else.
    """
    from sovereign.diagnostics import Severity
    from sovereign.report import render, summary

    found = sorted(diagnostics, key=lambda d: (d.severity is not Severity.ERROR, d.file))
    errors = sum(d.severity is Severity.ERROR for d in found)
    listed, left = found[: max(errors, _MOST)], found[max(errors, _MOST) :]
    if listed:
        stream = sys.stderr if err else sys.stdout
        width = shutil.get_terminal_size((100, 24)).columns if stream.isatty() else 100
        color = wants_color(choice, err=err)
        click.echo(render(listed, root, color=color, width=width), err=err, color=color or None)
    if left:
        more = f"\nand {summary(left)} more; list all: sovereign check --format short"
        click.echo(more, err=err)


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 host, 2 hosts."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def stage(name: str, hosts: int) -> None:
    """Say what is being done where that takes more than a moment."""
    from sovereign.parallel import FEW

    if hosts >= FEW:
        talk(f"{name} {count(hosts, 'host')} …")


def tell_error(error: SovereignError) -> None:
    """Show an error on stderr."""
    talk(f"error[{error.code}]: {error.message}")
    if error.hint:
        talk(f"  = help: {error.hint}")


def load_or_tell(root: Path, choice: str, *, as_json: bool = False) -> "Inventory":
    """Load the inventory; show every error at its place before the error goes on up."""
    from sovereign.inventory.load import InvalidInventoryError, load

    try:
        return load(root)
    except InvalidInventoryError as error:
        if as_json:
            from sovereign.report import to_json_list

            answer_json({"findings": to_json_list(error.diagnostics, root)})
        else:
            tell_diagnostics(error.diagnostics, root, choice)
            talk("")
        raise
