"""`sovereign graph`: a picture of the fleet."""

from pathlib import Path

import rich_click as click

from sovereign.cli.hosts import hosts_argument
from sovereign.cli.output import color_option, json_option, root_option


@click.command("graph")
@hosts_argument
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead."
)
@root_option
@json_option
@color_option
def command(
    hosts: tuple[str, ...], output: Path | None, root: Path | None, as_json: bool, color: str
) -> None:
    """Draw hosts, zones, tunnels and pools as a Mermaid diagram.

    Example: sovereign graph --output fleet.mmd
    """
    from sovereign.cli.output import answer, answer_json, find_root, load_or_tell
    from sovereign.errors import WriteError
    from sovereign.files import write_atomically
    from sovereign.inventory.select import select
    from sovereign.operate.graph import graph

    inventory = load_or_tell(find_root(root), color, as_json=as_json)
    text = graph(inventory, select(inventory.hosts, hosts))
    if output:
        if output.exists() and not output.is_file():
            raise WriteError(f"cannot write {output}: it is no regular file")
        write_atomically(output.resolve(), text + "\n")
    elif as_json:
        answer_json({"mermaid": text})
    else:
        answer(text)
