"""`scf prune`: what nothing needs any more."""

from functools import partial
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scf.cli.options import answer, home_option, json_option, refuse_when_locked
from scf.drive import Drive
from scf.settings import Home

if TYPE_CHECKING:
    from scf.release.prune import Jobs, Leftover


@click.command()
@click.option("--yes", is_flag=True, help="Remove it; else it is only listed.")
@home_option
@json_option
def command(yes: bool, home: Home, as_json: bool) -> None:
    """List what no release, alias, lineage or open job needs; with --yes, remove it.

    That is what runs that are over have left behind, the models of versions that were never released,
    have no alias, may not be chosen by the next release and were no other's parent, and what lies in
    system_cache for a week. Records stay: every version keeps its lineage, and every week can be gone
    back to. That a model is removed is attested in the log first.

    \b
    Example: scf prune --yes
    """
    from scf.attest.keys import Keyring
    from scf.attest.log import Log
    from scf.cli.told import size
    from scf.registry.files import FileRegistry
    from scf.release.prune import leftovers, prune

    settings = home.settings()
    drive = Drive.open(settings.drive)
    registry, followed = FileRegistry(drive), settings.mlflow is not None
    if yes:
        refuse_when_locked(home)
        log = Log.open(drive, Keyring.open(home.keys))
        halted = partial(lexists, home.lock)
        jobs = partial(_jobs, home)
        found = prune(drive, registry, log, jobs, followed=followed, halted=halted)
    else:
        found = leftovers(drive, registry, _jobs(home), followed=followed)
    total = sum(each.bytes for each in found)
    table = {
        "removed": yes,
        "bytes": total,
        "leftovers": [_row(drive.root, each) for each in found],
    }

    def text() -> str:
        lines = [
            f"{size(each.bytes):>10}  {path.relative_to(drive.root)}: {each.reason}"
            for each in found
            for path in (each.paths[0].parent if len(each.paths) > 1 else each.paths[0],)
        ]
        said = (
            "removed" if yes else "not needed; scf prune --yes removes it" if found else "to remove"
        )
        return "\n".join((*lines, f"{size(total):>10}  {said}"))

    answer(as_json, table, text)


def _row(root: Path, each: "Leftover") -> dict[str, object]:
    return {
        "reason": each.reason,
        "bytes": each.bytes,
        "paths": [str(path.relative_to(root)) for path in each.paths],
        "model": each.version.model if each.version is not None else None,
        "version": each.version.version if each.version is not None else None,
    }


def _jobs(home: Home) -> "Jobs":
    from scf.daemon.journal import Journal, Stage
    from scf.release.prune import Jobs

    journal = Journal(home.journal)
    try:
        intents = journal.intents()
    finally:
        journal.close()
    over = (Stage.COMPLETE, Stage.FAILED)
    return Jobs(
        open=tuple(one.job for one in intents if one.stage not in over),
        failed=frozenset(one.job.id for one in intents if one.stage is Stage.FAILED),
    )
