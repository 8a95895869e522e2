"""`sovereign generate`: the main job, from the inventory to NixOS modules."""

from pathlib import Path

import rich_click as click

from sovereign.cli.hosts import hosts_argument
from sovereign.cli.output import color_option, json_option, root_option


@click.command("generate")
@hosts_argument
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 3 when a file is not current."
)
@click.option("--no-cache", is_flag=True, help="Do all the work even if nothing has changed.")
@click.option("--diff", is_flag=True, help="Show what changes in the files.")
@root_option
@json_option
@color_option
def command(
    hosts: tuple[str, ...],
    check: bool,
    no_cache: bool,
    diff: bool,
    root: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Review the fleet and write hosts/HOST/generated.

    HOST chooses hosts by name, glob (`web-*`) or tag (`@gpu`); `!` takes some away. Nothing is
    written while the review has an error.

    Example: sovereign generate --diff cloudlab
    """
    from contextlib import nullcontext

    from sovereign.cli.output import find_root, talk
    from sovereign.files import alone

    folder = find_root(root)

    def waiting() -> None:
        talk("another sovereign generate is at work here; waiting for it")

    with nullcontext() if check else alone(folder / "hosts", waiting):
        return _generate(
            folder,
            hosts,
            check=check,
            may_recall=not (hosts or as_json or no_cache),
            diff=diff,
            as_json=as_json,
            color=color,
        )


def _generate(
    folder: Path,
    hosts: tuple[str, ...],
    *,
    check: bool,
    may_recall: bool,
    diff: bool,
    as_json: bool,
    color: str,
) -> int:
    from sovereign.cli.output import (
        answer,
        answer_json,
        console,
        load_or_tell,
        stage,
        talk,
        tell_diagnostics,
    )
    from sovereign.errors import Exit
    from sovereign.inventory.load import host_names
    from sovereign.inventory.select import select
    from sovereign.operate.cache import read_inputs, recall, remember
    from sovereign.operate.generate import apply, differences, plan
    from sovereign.operate.summary import as_json as summary_json
    from sovereign.operate.summary import summarize, summarize_recalled
    from sovereign.report import summary, to_json_list
    from sovereign.review.run import review

    inputs = read_inputs(folder) if may_recall else None
    if inputs and (saved := recall(folder, inputs)):
        tell_diagnostics(saved.open, folder, color)
        summarize_recalled(console(color), saved)
        return Exit.DONE
    stage("reading", len(tuple(host_names(folder))))
    inventory = load_or_tell(folder, color, as_json=as_json)
    names = select(inventory.hosts, hosts)
    stage("reviewing", len(inventory.hosts))
    reviewed = review(inventory)
    if not as_json:
        tell_diagnostics(reviewed.open, folder, color)
    if reviewed.errors:
        if as_json:
            answer_json({"findings": to_json_list(reviewed.open, folder)})
        talk(f"nothing was written: {summary(reviewed.open)}")
        return Exit.FINDINGS

    stage("generating", len(names))
    changes = plan(inventory, names)
    diffs = {change.host: differences(folder, change) for change in changes if diff}
    if any(diffs.values()) and not as_json:
        answer("\n".join(filter(None, diffs.values())))
    if not check:
        stage("writing", sum(not change.current for change in changes))
        apply(folder, changes)
    if as_json:
        findings = to_json_list(reviewed.open, folder)
        told = summary_json(inventory, changes, check=check) | {"findings": findings}
        answer_json(told | ({"diffs": diffs} if diff else {}))
    else:
        summarize(console(color), inventory, changes, reviewed, check=check)
    if inputs and not check:
        remember(folder, inputs, changes, reviewed)
    stale = check and not all(change.current for change in changes)
    if stale and not as_json:
        talk("generated files are not current; write them with: sovereign generate")
    return Exit.FINDINGS if stale else Exit.DONE
