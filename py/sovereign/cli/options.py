"""`sovereign options`: NixOS option indexes."""

from pathlib import Path

import rich_click as click

from sovereign.cli.hosts import hosts_argument
from sovereign.cli.output import color_option, json_option, root_option

_INDEX = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("options")
def command() -> None:
    """Compare NixOS option indexes.

    Example: sovereign options diff old.json new.json
    """


@command.command("diff")
@click.argument("old", type=_INDEX)
@click.argument("new", type=_INDEX)
@hosts_argument
@root_option
@json_option
@color_option
def diff(
    old: Path,
    new: Path,
    hosts: tuple[str, ...],
    root: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """List which hosts break when nixpkgs goes from OLD to NEW.

    OLD and NEW are options.json files: `nix build .#option-index` makes one. Exits with 3 when an
    option that a host sets is gone, or no longer takes the value.

    Example: sovereign options diff old.json new.json @storage
    """
    from sovereign.cli.output import answer, answer_json, count, find_root, load_or_tell
    from sovereign.errors import Exit
    from sovereign.inventory.select import select
    from sovereign.operate.options import breaks

    inventory = load_or_tell(find_root(root), color, as_json=as_json)
    names = select(inventory.hosts, hosts)
    found = breaks(inventory, names, old, new)
    if as_json:
        answer_json([row.as_json() for row in found])
    elif found:
        answer("\n".join(row.text() for row in found))
    else:
        answer(f"{count(len(names), 'host')}: no option that is set changes")
    return Exit.FINDINGS if found else Exit.DONE
