"""Where on a drive the files of a job and of a dataset are, by CID."""

from pathlib import Path

from scf.drive import Drive, Partition

_RUNS = "runs"
_DATASETS = "datasets"


def runs_folder(drive: Drive) -> Path:
    """The folder of all runs, which may not be there."""
    return drive.root / Partition.MODEL_ZOO / _RUNS


def run_folder(drive: Drive, job: str, *, make: bool = False) -> Path:
    """The folder of a job's run, made where it is missing when asked to. Raises DriveError then."""
    if make:
        return drive.folder(Partition.MODEL_ZOO, _RUNS, job)
    return runs_folder(drive) / job


def dataset_file(drive: Drive, cid: str) -> Path:
    """The file of a dataset, which may not be there."""
    return drive.root / Partition.FOSSIL_VAULT / _DATASETS / f"{cid}.json"
