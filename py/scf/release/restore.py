"""What the zoo has lost of a run, out of its release's archive; taken when it is what its CID says."""

import hashlib
from pathlib import Path

from scf.cid import cid_of_digest, cid_of_file
from scf.contracts.job import Result
from scf.drive import Drive, Partition, guarded
from scf.places import run_folder
from scf.release.archive import Archive
from scf.release.documents import DATASET, JOB, MODEL, RESULT, read
from scf.release.errors import ForgedError
from scf.release.verify import member


def restore(drive: Drive, folder: Path) -> tuple[str, ...]:
    """Put the files of a release's run back that are missing there or altered; their names.

    Raises ForgedError when the archive has them no better, QuotaError, DriveError.
    """
    with guarded(drive.root):
        release = read(folder)
        result = Result.parse(member(folder, release, RESULT), source=RESULT)
        run = run_folder(drive, release.version.job)
        for torn in run.glob(".emily-*.part"):  # of a restoring that was killed: the run is over
            torn.unlink()
        sound = {RESULT: release.version.result, JOB: release.version.job}
        sound |= {DATASET: release.version.dataset}
        sound |= {file.name: file.cid for file in result.files}
        lost = [name for name, cid in sound.items() if not _is(run / name, cid)]
        if not lost:
            return ()
        run_folder(drive, release.version.job, make=True)
        sizes = {file.name: file.bytes for file in release.contents}
        for name in lost:
            drive.admit(Partition.MODEL_ZOO, sizes[name])
            _extract(drive, release.archive, folder / MODEL, name, run / name, sound[name])
    return tuple(lost)


def _extract(drive: Drive, archive: Archive, source: Path, name: str, to: Path, cid: str) -> None:
    """Copy a file out of an archive; it takes its place only when it is the one that its CID names."""
    hashed = hashlib.sha256()
    with drive.replacing(to) as file:
        for block in archive.read(source, name):
            hashed.update(block)
            file.write(block)
        if cid_of_digest(hashed.digest()) != cid:
            raise ForgedError(f"{source.parent.name}: {name} is not what its CID says")


def _is(path: Path, cid: str) -> bool:
    return path.is_file() and cid_of_file(path) == cid
