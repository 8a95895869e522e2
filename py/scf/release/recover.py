"""A registry that was lost, made again: each release's archive holds its version and its run, and the log
with the runs that are left tells of those that were never released.

Runs come first, then versions in the order of their numbers, then the aliases: whoever is killed
meanwhile finds something missing still, and does the rest.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scf.attest.log import Log
from scf.contracts.job import Job
from scf.drive import Drive, Partition, guarded
from scf.places import run_folder
from scf.registry.errors import LineageError
from scf.registry.files import turn
from scf.registry.held import held as on_drive
from scf.registry.lineage import linked
from scf.registry.registry import CHALLENGER, CHAMPION, Registry, Version
from scf.release.attested import Trained, named, trainings
from scf.release.documents import JOB, RELEASE, Release, read, releases
from scf.release.errors import ForgedError, ReleaseError
from scf.release.halt import Halted, go_on, never
from scf.release.restore import restore
from scf.release.rule import MetricRule, choose
from scf.release.verify import KIND, check_files

ROLLBACK = "rollback"
"""The kind of the statement that attests a rollback."""

Held = dict[Path, Release]


def recover(
    drive: Drive,
    registry: Registry,
    log: Log,
    *,
    rule: MetricRule | None = None,
    halted: Halted = never,
) -> tuple[Version, ...]:
    """`put_back`, while nobody releases."""
    with turn(drive, drive.folder(Partition.RELEASE_HISTORY)):
        return put_back(drive, registry, log, rule=rule, halted=halted)


def put_back(
    drive: Drive,
    registry: Registry,
    log: Log,
    *,
    rule: MetricRule | None = None,
    halted: Halted = never,
) -> tuple[Version, ...]:
    """Put back what the registry lacks of what was released or attested, and the released files.

    Where it lacks nothing, or has other versions under these numbers, nothing is done. By `rule`, else
    by that of the last release, the best so far is found. Raises ReleaseError for numbers that were
    given and that neither a release nor a run holds, ForgedError for a release that is damaged; no
    version of that model is registered then. Raises HaltedError where `halted` says so between two
    steps, QuotaError, DriveError: the next call does the rest.
    """
    with guarded(drive.root):
        held = {folder: read(folder) for folder in _folders(drive)}
    attested = trainings(registry, log)
    back: list[Version] = []
    for model in sorted({release.version.model for release in held.values()} | attested.keys()):
        of_model = {f: release for f, release in held.items() if release.version.model == model}
        lost = _lost(drive, registry, log, model, of_model, attested.get(model, []), rule)
        if lost is not None:
            lost.put_back(drive, registry, halted)
            back += lost.versions
    return tuple(back)


@dataclass(frozen=True, slots=True)
class _Lost:
    """What the registry lacks of a model."""

    model: str
    held: Held
    versions: list[Version]
    champion: int | None
    rule: MetricRule | None
    """By which the best so far is to be found, where it is to be."""

    def put_back(self, drive: Drive, registry: Registry, halted: Halted) -> None:
        if self.versions or self.champion is not None:
            for folder, release in self.held.items():
                with guarded(drive.root):
                    try:
                        check_files(folder, release)
                    except ForgedError as error:
                        raise ForgedError(f"{folder.name}: {error.message}") from None
            for folder in self.held:
                go_on(halted, f"the run of {folder.name} is put back")
                restore(drive, folder)
        for version in self.versions:
            go_on(halted, f"version {version.version} of {self.model} is put back")
            if registry.register(version) != version:
                raise ForgedError(
                    f"version {version.version} of {self.model} has another number now"
                )
        if self.champion is not None:
            go_on(halted, f"the version of {self.model} that was in use is used again")
            registry.point(self.model, CHAMPION, self.champion)
        if self.rule is not None:
            go_on(halted, f"the best version of {self.model} is found")
            _prefer(drive, registry, self.model, self.rule)


def _lost(
    drive: Drive,
    registry: Registry,
    log: Log,
    model: str,
    held: Held,
    attested: list[Trained],
    rule: MetricRule | None,
) -> _Lost | None:
    """What is to be put back, None for nothing. Raises ReleaseError, ForgedError, DriveError."""
    known = {version.version: version for version in registry.versions(model)}
    released = {release.version.version: release.version for release in held.values()}
    if any(known.get(number, version) != version for number, version in released.items()):
        return None  # another registry's: whoever asks for one of these is told so
    found = released | known
    through = [release.choice.through for release in held.values()]
    if all(
        found[number].job == trained.job
        for number, trained in enumerate(attested, start=1)
        if number in found
    ):
        for number, trained in enumerate(attested, start=1):
            version = found.get(number) or _version(drive, number, trained)
            if version is not None:
                found[number] = version
        through.append(len(attested))
    lost = [found[number] for number in sorted(found.keys() - known.keys())]
    champion = None
    if held and not named(registry, model, CHAMPION):
        champion = _champion(log, model)
    if attested and not named(registry, model, CHALLENGER):
        rule = rule or next((r.choice.rule for r in reversed(held.values())), None)
    else:
        rule = None
    if not lost and champion is None and rule is None:
        return None
    if gaps := sorted(set(range(1, max(through, default=0) + 1)) - found.keys()):
        raise ReleaseError(
            f"the registry lost versions of {model} that no release holds: "
            f"{', '.join(map(str, gaps))}",
            hint="restore model_zoo/registry from a copy, or the runs that are missing",
        )
    return _Lost(model, held, lost, champion, rule)


def _version(drive: Drive, number: int, trained: Trained) -> Version | None:
    """The version that was attested, where its run is left: the job alone tells the parent."""
    try:
        job = linked(drive, Job, run_folder(drive, trained.job) / JOB, trained.job, "the job")
    except LineageError:
        return None
    for name in ("model", "recipe", "generation", "code", "dataset"):
        if getattr(job, name) != getattr(trained, name):
            raise ForgedError(f"the log says another {name} of the job {trained.job} than it has")
    return Version(version=number, parent=job.parent, **trained.model_dump(exclude={"code"}))


def _prefer(drive: Drive, registry: Registry, model: str, rule: MetricRule) -> None:
    versions = on_drive(drive, registry.versions(model))
    through = max((version.version for version in versions), default=0)
    every = rule.model_copy(update={"candidates": "all"})
    with suppress(ReleaseError):  # none has the metric: none is preferred
        best = choose(versions, every, champion=0, after=0, through=through)
        registry.point(model, CHALLENGER, best.version)


def _folders(drive: Drive) -> tuple[Path, ...]:
    """Of the releases, and of one that was attested but has not got its name."""
    history = drive.root / Partition.RELEASE_HISTORY
    begun = sorted(history.glob(".week-*.part"))
    return (*releases(history), *(folder for folder in begun if (folder / RELEASE).is_file()))


def _champion(log: Log, model: str) -> int | None:
    """The version that was brought into use last, as the log has it."""
    for number in sorted((*log.of(ROLLBACK), *log.of(KIND)), reverse=True):
        statement = log.entry(number).attestation.statement
        said = statement.predicate
        moved = statement.kind == ROLLBACK or bool(said.get("promoted"))
        if moved and said.get("model") == model and isinstance(version := said["version"], int):
            return version
    return None
