"""The week's release: chosen by rule, made, attested, brought into use; once, whatever happens meanwhile."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from scf import clock as clocks
from scf.attest.log import Log
from scf.contracts.fossil import Fossil
from scf.drive import Drive, Partition, guarded
from scf.registry.files import turn
from scf.registry.lineage import Ancestors
from scf.registry.registry import CHAMPION, Registry
from scf.release.documents import Release, monday, name_of, read, releases, seconds
from scf.release.errors import ReleaseError
from scf.release.halt import Halted, go_on, never
from scf.release.recover import put_back
from scf.release.restore import restore
from scf.release.rollback import resume
from scf.release.rule import Choice, MetricRule, choose
from scf.release.staging import Plan, publish, settle, stage
from scf.release.verify import check_files


def release(  # noqa: PLR0913 - each is named by its caller, and has no group
    drive: Drive,
    registry: Registry,
    log: Log,
    *,
    model: str,
    week: date,
    rule: MetricRule,
    clock: Callable[[], int] = clocks.now,
    intended_use: str = "",
    halted: Halted = never,
) -> Release:
    """Release a model for the week of a day; the version chosen becomes the one in use.

    Asked again, it finds what was released; versions that came since wait for the next week. Where no
    new version may follow the one in use, that one is released again, and `choice.reason` says why.
    `intended_use` goes into the model card. What a lost registry had is put back first, see `put_back`.
    Where `halted` says so between two steps, it ends with HaltedError, and the next call goes on. Raises
    ReleaseError, also when the week was released with another outcome, RefusedError for records that do
    not fit together, DriveError; nothing is left half-made then.
    """
    day, now = monday(week), clock()
    history = drive.folder(Partition.RELEASE_HISTORY)
    with turn(drive, history):
        put_back(drive, registry, log, rule=rule, halted=halted)
        settle(drive, registry, log, at=now, halted=halted)
        resume(drive, registry, log, at=now, halted=halted)
        if seconds(day) > now:
            raise ReleaseError(f"the week of {day} has not begun")
        with guarded(drive.root):
            folders = releases(history)
        folder = history / name_of(day)
        if folder in folders:
            return _found(drive, registry, folder, model, rule)
        if folders and folders[-1] > folder:
            raise ReleaseError(
                f"{folders[-1].name} is released already; no release comes before another",
                hint="go back to a week with: scf release --rollback WEEK",
            )
        before = _last(drive, folders, model)
        choice = _choose(registry, model, rule, before)
        version = next(v for v in registry.versions(model) if v.version == choice.version)
        if before and read(before).version == version:
            restore(drive, before)  # where the zoo has lost it
        plan = Plan(day, version, choice, before, intended_use, _ancestors(drive))
        go_on(halted, f"the release of {day} is made")
        staged = stage(drive, registry, plan)
        return publish(drive, registry, log, staged, at=now, halted=halted)


def _ancestors(drive: Drive) -> Ancestors:
    def look(cid: str) -> Iterator[Fossil]:
        from scf.vault import Vault  # only where a fossil's parent is in no shard of the dataset

        vault = Vault.open(drive)
        try:
            yield from vault.lineage(cid)
        finally:
            vault.close()

    return look


def _choose(registry: Registry, model: str, rule: MetricRule, before: Path | None) -> Choice:
    versions = registry.versions(model)
    champion = registry.alias(model, CHAMPION)
    return choose(
        versions,
        rule,
        champion=champion.version if champion else 0,
        after=read(before).choice.through if before else 0,
        through=versions[-1].version if versions else 0,
    )


def _last(drive: Drive, folders: tuple[Path, ...], model: str) -> Path | None:
    with guarded(drive.root):
        return next((f for f in reversed(folders) if read(f).version.model == model), None)


def _found(drive: Drive, registry: Registry, folder: Path, model: str, rule: MetricRule) -> Release:
    """The release of a week that is there, if it is whole and what would be chosen again."""
    with guarded(drive.root):
        there = read(folder)
        check_files(folder, there)
    if there.version.model != model:
        raise ReleaseError(f"{folder.name} is the release of {there.version.model}, not of {model}")
    then = there.choice
    again = choose(
        registry.versions(model),
        rule,
        champion=then.champion,
        after=then.after,
        through=then.through,
    )
    if again != then:
        raise ReleaseError(
            f"{folder.name} is released already, with version {then.version} by other rules or records; "
            "a release never changes",
            hint="the rule that is in force now counts from the next week on",
        )
    return there
