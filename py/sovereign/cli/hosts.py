"""The argument that chooses hosts, with completion of names and tags."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

_F = TypeVar("_F", bound=Callable[..., object])


def hosts_argument(function: _F) -> _F:
    """`[HOST]...`: names, globs, @tags, !exclusions."""
    return click.argument("hosts", nargs=-1, metavar="[HOST]...", shell_complete=complete_hosts)(
        function
    )


def complete_hosts(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the last selector of a comma-separated list; silent when there is no fleet."""
    del param
    from sovereign.cli.output import find_root
    from sovereign.errors import SovereignError

    try:
        words = _words(find_root(ctx.params.get("root")))
    except (SovereignError, OSError):
        return []
    before, comma, last = incomplete.rpartition(",")
    bang = "!" if last.startswith("!") else ""
    return [
        CompletionItem(f"{before}{comma}{bang}{word}")
        for word in words
        if word.startswith(last.removeprefix("!"))
    ]


def _words(root: Path) -> list[str]:
    import tomllib

    from sovereign.files import read_file
    from sovereign.inventory.load import host_file, host_names

    names = host_names(root)
    tags: set[str] = set()
    for name in names:
        try:
            identity = tomllib.loads(read_file(host_file(root, name)).decode("utf-8")).get(
                "identity"
            )
        except (OSError, ValueError):
            continue
        found = identity.get("tags") if isinstance(identity, dict) else None
        tags |= {tag for tag in found if isinstance(tag, str)} if isinstance(found, list) else set()
    return [*names, *sorted(f"@{tag}" for tag in tags)]
