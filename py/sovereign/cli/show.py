"""`sovereign show`: what is known of a host, or where a value comes from."""

from pathlib import Path

import rich_click as click

from sovereign.cli.hosts import complete_hosts
from sovereign.cli.output import color_option, json_option, root_option


@click.command("show")
@click.argument("host", required=False, shell_complete=complete_hosts)
@click.option("--origin", metavar="KEY", help="Tell the value of a key and the line that sets it.")
@root_option
@json_option
@color_option
def command(
    host: str | None,
    origin: str | None,
    root: Path | None,
    as_json: bool,
    color: str,
) -> None:
    """Show a host, or all of them; with --origin, the value of a key and its file and line.

    Example: sovereign show cloudlab --origin network.uplink
    """
    from sovereign.cli.output import answer, answer_json, find_root, load_or_tell
    from sovereign.operate.show import describe, origin_of, overview

    folder = find_root(root)
    inventory = load_or_tell(folder, color, as_json=as_json)
    if origin is not None:
        found = origin_of(inventory, host, origin)
        if as_json:
            answer_json(found.as_json())
        else:
            answer(found.text())
    elif host is None:
        answer_json(overview(inventory)) if as_json else answer(_table(overview(inventory)))
    else:
        described = describe(inventory, host)
        answer_json(described) if as_json else answer(_list(described))


def _table(rows: list[dict[str, str]]) -> str:
    if not rows:
        return "no hosts"
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    lines = ["  ".join(key.ljust(width) for key, width in widths.items())]
    lines += ["  ".join(row[key].ljust(width) for key, width in widths.items()) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _list(described: dict[str, str]) -> str:
    width = max(map(len, described))
    return "\n".join(f"{key.ljust(width)}  {value}" for key, value in described.items())
