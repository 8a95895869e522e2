"""`sovereign check`: review the inventory, and its modules against an option index."""

from pathlib import Path

import rich_click as click

from sovereign.cli.hosts import hosts_argument
from sovereign.cli.output import color_option, json_option, root_option


@click.command("check")
@hosts_argument
@click.option(
    "--options",
    "index",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also check that every option that is set exists in this options.json, with its type.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["full", "short"]),
    default="full",
    show_default=True,
    help="Findings with the line they are about, or one a line.",
)
@click.option("--strict", is_flag=True, help="Exit with 3 on warnings too.")
@root_option
@json_option
@color_option
def command(
    hosts: tuple[str, ...],
    index: Path | None,
    style: str,
    strict: bool,
    root: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Review the fleet; exit with 3 when there is an error.

    HOST chooses hosts by name, glob (`web-*`) or tag (`@gpu`); `!` takes some away.

    Example: sovereign check cloudlab
    """
    from sovereign.cli.output import (
        answer,
        answer_json,
        count,
        find_root,
        load_or_tell,
        tell_diagnostics,
    )
    from sovereign.diagnostics import Severity
    from sovereign.errors import Exit
    from sovereign.inventory.select import select
    from sovereign.report import render_short, summary, to_json_list
    from sovereign.review.run import review

    folder = find_root(root)
    inventory = load_or_tell(folder, color, as_json=as_json)
    chosen = {None, *select(inventory.hosts, hosts)}
    found = [finding for finding in review(inventory).open if finding.host in chosen]
    if index is not None:
        from sovereign.operate.options import check_options

        found += check_options(inventory, [name for name in chosen if name], index)
    if as_json:
        answer_json({"findings": to_json_list(found, folder)})
    elif style == "short":
        answer(render_short(found, folder)) if found else None
    else:
        tell_diagnostics(found, folder, color, err=False)
        answer(f"{count(len(chosen) - 1, 'host')} reviewed: {summary(found)}")
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return Exit.FINDINGS if any(finding.severity in bad for finding in found) else Exit.DONE
