"""`scf release`: the week's release, or back to one."""

import os
from datetime import UTC, date, datetime
from functools import partial

import click

from scf.cli.options import answer, home_option, json_option, refuse_when_locked
from scf.settings import Home


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    del ctx, param
    try:
        return date.fromisoformat(value.removeprefix("week-")) if value else None
    except ValueError:
        raise click.BadParameter("expected a day of the week that is meant: 2026-11-16") from None


@click.command()
@click.option("--week", metavar="DAY", callback=_day, help="A day of the week; else today.")
@click.option(
    "--rollback", metavar="WEEK", callback=_day, help="Bring that week's version into use again."
)
@home_option
@json_option
def command(week: date | None, rollback: date | None, home: Home, as_json: bool) -> None:
    """Release the best version since the last release: archive, card, notes, signature, log entry.

    A week that is released stays as it is: asked again, this changes nothing. What a lost registry had
    is put back from the releases first.

    \b
    Example: scf release
    """
    from scf.clock import now
    from scf.daemon.build import Parts, rule
    from scf.drive import Partition
    from scf.release.documents import name_of
    from scf.release.rollback import rollback as go_back
    from scf.release.weekly import release

    refuse_when_locked(home)
    parts = Parts.open(home)
    halted = partial(os.path.lexists, home.lock)
    if rollback is not None:
        made = go_back(parts.drive, parts.registry, parts.log, week=rollback, halted=halted)
    else:
        made = release(
            parts.drive,
            parts.registry,
            parts.log,
            model=parts.settings.train.model,
            week=week or datetime.fromtimestamp(now(), UTC).date(),
            rule=rule(parts.settings.promote),
            intended_use=parts.settings.promote.intended_use,
            halted=halted,
        )
    folder = parts.drive.root / Partition.RELEASE_HISTORY / name_of(made.monday)
    table = {"folder": str(folder), "id": made.id, "release": made.model_dump(mode="json")}

    def text() -> str:
        said = "in use again" if rollback is not None else made.choice.reason
        return f"{folder}\n  version {made.version.version}: {said}\n  {made.id}"

    answer(as_json, table, text)
