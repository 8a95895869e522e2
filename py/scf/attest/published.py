"""What may be had of a log's keys without the right to sign: from the home, or else from beside the log."""

from dataclasses import dataclass
from pathlib import Path

from scf.attest.errors import KeyringError
from scf.attest.keys import LAST_HEAD, PUBLIC
from scf.attest.lines import KEYS
from scf.attest.opened import read_regular
from scf.attest.public import Keys
from scf.attest.statement import TreeHead
from scf.contracts.base import MAX_BYTES
from scf.drive import Drive, Partition


@dataclass(frozen=True, slots=True)
class Published:
    """Public keys, and the last head that was kept, None where it cannot be seen."""

    keys: Keys
    head: TreeHead | None
    beside: bool
    """Whether the keys are those beside the log: they show that it is whole, not whose it is."""

    @classmethod
    def find(cls, folder: Path, drive: Drive, keys: Keys | None = None) -> "Published":
        """`keys`, or else those in a home's folder of keys, or else those on the drive.

        To be called before the log is read: a head is never newer than its log. Raises KeyringError.
        """
        head = _read(folder / LAST_HEAD)
        kept = TreeHead.parse(head, source=LAST_HEAD) if head is not None else None
        if keys is not None:
            return cls(keys, kept, beside=False)
        for path in (folder / PUBLIC, drive.root / Partition.ATTESTATIONS / KEYS):
            text = _read(path)
            if text is not None:
                found = Keys.parse(text, source=str(path))
                return cls(found, kept, beside=path.parent != folder)
        raise KeyringError(
            f"{folder / PUBLIC} cannot be read, and there is none beside the log",
            hint="name the public keys: --key keys.json",
        )


def _read(path: Path) -> bytes | None:
    """A file, None where there is none that may be read. Raises KeyringError."""
    try:
        return read_regular(path, MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError as error:
        raise KeyringError(f"{path}: {error.strerror}") from error
