"""The versions whose model is still on the drive: the records of all stay, `scf prune` removes files."""

from scf.contracts.job import CHECKPOINT
from scf.drive import Drive
from scf.places import run_folder
from scf.registry.registry import Version


def held(drive: Drive, versions: tuple[Version, ...]) -> tuple[Version, ...]:
    """Those of them whose checkpoint is there. Raises DriveError when the drive is gone."""
    drive.check()
    return tuple(each for each in versions if (run_folder(drive, each.job) / CHECKPOINT).is_file())
