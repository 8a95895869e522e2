"""`sovereign schema`: JSON Schema for editors."""

from pathlib import Path

import rich_click as click

from sovereign.cli.output import root_option


@click.command("schema")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 3 when a file is not current."
)
@click.option(
    "--print",
    "which",
    type=click.Choice(["fleet", "host"]),
    help="Print one instead of writing both.",
)
@root_option
def command(check: bool, which: str | None, root: Path | None) -> int:
    """Write hosts/schema/{fleet,host}.json, which every TOML file names in its first line.

    Editors with Taplo or Tombi complete and check the inventory by them.

    Example: sovereign schema
    """
    from sovereign.cli.output import answer, find_root, talk
    from sovereign.errors import Exit
    from sovereign.files import holds, write_atomically
    from sovereign.inventory.schema import schemas

    texts = schemas()
    if which:
        answer(texts[which].rstrip())
        return Exit.DONE
    folder = find_root(root) / "hosts" / "schema"
    stale = False
    for name, text in texts.items():
        path = folder / f"{name}.json"
        if check:
            current = holds(path, text)
            if not current:
                talk(f"hosts/schema/{name}.json is not current; write it with: sovereign schema")
            stale |= not current
        else:
            changed = write_atomically(path, text)
            answer(f"{'written' if changed else 'unchanged'}  hosts/schema/{name}.json")
    return Exit.FINDINGS if stale else Exit.DONE
