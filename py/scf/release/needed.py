"""Which models somebody may still ask for: every other may be removed, for its records stay."""

from collections.abc import Iterable, Iterator

from scf.contracts.job import Job
from scf.drive import Drive, Partition, guarded
from scf.registry.files import FileRegistry
from scf.registry.mirrored import told
from scf.registry.registry import Version
from scf.release.documents import Release, read, releases


def needed(
    drive: Drive, registry: FileRegistry, jobs: Iterable[Job], *, followed: bool
) -> frozenset[str]:
    """The checkpoints that have to stay, by CID.

    They are those of what was released or has an alias, of what the next release may choose, of each
    model's newest version, of what the `jobs` that are not over start from, of what another registry,
    where the embedded one is `followed`, was not told yet; and of what all these were trained from, back
    to the first. Raises DriveError, RegistryError, ContractError.
    """
    with guarded(drive.root):
        made = [read(folder) for folder in releases(drive.root / Partition.RELEASE_HISTORY)]
    versions = [v for model in registry.models() for v in registry.versions(model)]
    parents = {version.checkpoint: version.parent for version in versions}
    wanted = [job.parent for job in jobs]
    wanted += [release.version.checkpoint for release in made]
    for model in registry.models():
        wanted += _of(drive, registry, model, made, followed=followed)
    found: set[str] = set()
    while wanted:
        checkpoint = wanted.pop()
        if checkpoint is not None and checkpoint not in found:
            found.add(checkpoint)
            wanted.append(parents.get(checkpoint))
    return frozenset(found)


def _of(
    drive: Drive, registry: FileRegistry, model: str, made: list[Release], *, followed: bool
) -> Iterator[str]:
    versions = registry.versions(model)
    named = registry.aliases(model).values()
    through = max((one.choice.through for one in made if one.version.model == model), default=0)
    known = told(drive, model).versions if followed else len(versions)

    def stays(version: Version) -> bool:
        number = version.version
        return number in named or number > min(through, known, len(versions) - 1)

    return (version.checkpoint for version in versions if stays(version))
