"""`sovereign rehearse`: a host's configuration on real daemons, before the host is touched."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sovereign.cli.hosts import hosts_argument
from sovereign.cli.output import color_option, json_option, root_option

if TYPE_CHECKING:
    from sovereign.inventory.load import Inventory
    from sovereign.operate.verify import Verified


@click.command("rehearse")
@hosts_argument
@click.option(
    "--only", default="", metavar="CONCERN,…", help="Check these concerns alone; all are furnished."
)
@click.option(
    "--tier",
    type=click.Choice(["fast", "vm"]),
    default="fast",
    show_default=True,
    help="fast: containers on this kernel, minutes. vm: disks, kernels and firmware under QEMU.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Leave logs and results in this folder.",
)
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the results as JUnit XML too.",
)
@root_option
@json_option
@color_option
def command(
    hosts: tuple[str, ...],
    only: str,
    tier: str,
    keep: Path | None,
    junit: Path | None,
    root: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Try a host's evaluated configuration on real daemons; exit with 3 when a check fails.

    HOST chooses hosts by name, glob (`web-*`) or tag (`@gpu`); `!` takes some away. It needs root,
    Nix and a few of Debian's tools, and says first which are missing: then hosts are evaluated and
    rendered alone, and each check is skipped. Nothing of it stays but the cache.

    Example: sovereign rehearse cloudlab --only samba,firewall
    """
    from sovereign.cli.output import find_root, load_or_tell, talk
    from sovereign.cli.progress import Progress, ended_by_signals
    from sovereign.files import write_atomically
    from sovereign.inventory.select import select
    from sovereign.operate.rehearse import missing, rehearse_all
    from sovereign.operate.verify import exit_code
    from sovereign.suite.result import junit as junit_text

    folder = find_root(root)
    inventory = load_or_tell(folder, color, as_json=as_json)
    names = select(inventory.hosts, hosts)
    concerns = tuple(word for word in only.split(",") if word)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    for one in missing():
        talk(f"missing: {one}")
    with ended_by_signals(), Progress(color) as progress:
        verified = rehearse_all(
            inventory, names, only=concerns, tier=tier, keep=keep, tell=progress.tell
        )
    # who stops to read has seen enough, and the verdict is still the verdict; rich exits then
    with suppress(BrokenPipeError, SystemExit):
        _answer(inventory, verified, color, as_json=as_json)
    if junit is not None:
        write_atomically(junit, junit_text([one.results for one in verified if one.results]))
    return exit_code(verified)


def _answer(
    inventory: "Inventory", verified: Sequence["Verified"], color: str, *, as_json: bool
) -> None:
    from sovereign.cli.output import answer, answer_json, console, count, tell_diagnostics
    from sovereign.cli.verified import as_json_of, matrix, tell_skipped
    from sovereign.operate.verify import failures

    if as_json:
        answer_json(as_json_of(inventory, verified))
        return
    out = console(color)
    if any(one.results for one in verified):
        out.print(matrix(verified))
    tell_diagnostics(failures(inventory, verified), inventory.root, color, err=False)
    tell_skipped(out, verified)
    for one in verified:
        if one.results is None:
            answer(f"{one.host} was not rehearsed: {one.problem}")
            continue
        made = (result for result in one.results.results if result.outcome != "skipped")
        stood_in = sum(result.stand_in is not None for result in made)
        if stood_in:
            verb = "stands" if stood_in == 1 else "stand"
            by = "on texts that were rendered by a stand-in"
            answer(f"{one.host}: {count(stood_in, 'check')} {verb} {by}")
