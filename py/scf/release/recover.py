"""A registry that was lost, made again from the releases: each archive holds its version and its run.

Runs come first, then versions in the order of their numbers, then the one in use: whoever is killed
meanwhile finds something missing still, and does the rest.
"""

from pathlib import Path

from scf.attest.log import Log
from scf.drive import Drive, Partition, guarded
from scf.registry.registry import CHAMPION, Registry, Version
from scf.release.documents import RELEASE, Release, read, releases
from scf.release.errors import ForgedError, ReleaseError
from scf.release.halt import Halted, go_on, never
from scf.release.restore import restore
from scf.release.verify import KIND, check_files

ROLLBACK = "rollback"
"""The kind of the statement that attests a rollback."""

Held = dict[Path, Release]


def recover(
    drive: Drive, registry: Registry, log: Log, *, halted: Halted = never
) -> tuple[Version, ...]:
    """Put back what the registry lacks of what was released, and its files; the versions put back.

    Where it lacks nothing, or has other versions under these numbers, nothing is done. Raises
    ReleaseError for numbers that were given and that no release holds, ForgedError for a release that
    is damaged, QuotaError, DriveError; no version of that model is registered then.
    """
    with guarded(drive.root):
        held = {folder: read(folder) for folder in _folders(drive)}
    back: list[Version] = []
    for model in sorted({release.version.model for release in held.values()}):
        of_model = {f: release for f, release in held.items() if release.version.model == model}
        back += _recover(drive, registry, log, model, of_model, halted)
    return tuple(back)


def _recover(
    drive: Drive, registry: Registry, log: Log, model: str, held: Held, halted: Halted
) -> list[Version]:
    known = {version.version: version for version in registry.versions(model)}
    released = {release.version.version: release.version for release in held.values()}
    if any(known.get(number, version) != version for number, version in released.items()):
        return []  # another registry's: whoever asks for one of these is told so
    lost = [released[number] for number in sorted(released.keys() - known.keys())]
    champion = None if registry.alias(model, CHAMPION) else _champion(log, model)
    if not lost and champion is None:
        return []
    given = max(release.choice.through for release in held.values())
    if gaps := sorted(set(range(1, given + 1)) - released.keys() - known.keys()):
        raise ReleaseError(
            f"the registry lost versions of {model} that no release holds: "
            f"{', '.join(map(str, gaps))}",
            hint="restore model_zoo/registry from a copy",
        )
    go_on(halted, f"the versions of {model} are put back")
    for folder, release in held.items():
        with guarded(drive.root):
            try:
                check_files(folder, release)
            except ForgedError as error:
                raise ForgedError(f"{folder.name}: {error.message}") from None
    for folder in held:
        restore(drive, folder)
    for version in lost:
        if registry.register(version) != version:
            raise ForgedError(f"version {version.version} of {model} has another number now")
    if champion is not None:
        registry.point(model, CHAMPION, champion)
    return lost


def _folders(drive: Drive) -> tuple[Path, ...]:
    """Of the releases, and of one that was attested but has not got its name."""
    history = drive.root / Partition.RELEASE_HISTORY
    begun = sorted(history.glob(".week-*.part"))
    return (*releases(history), *(folder for folder in begun if (folder / RELEASE).is_file()))


def _champion(log: Log, model: str) -> int | None:
    """The version that was brought into use last, as the log has it."""
    last = None
    for entry in log.entries():
        statement = entry.attestation.statement
        said = statement.predicate
        moved = statement.kind == ROLLBACK or (statement.kind == KIND and said.get("promoted"))
        if moved and said.get("model") == model and isinstance(version := said["version"], int):
            last = version
    return last
