"""Remember that a large fleet was current: by its inputs, the generators' code, and its outputs.

Nothing is trusted that was not read again: every input and every output is hashed on each run. What
is saved is the parsing, the review and the generation in between. What is remembered are the inputs
from before they were loaded and the outputs as they were meant, so that a file which changes during
a run is found by the next.
"""

import errno
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import sovereign
from sovereign.diagnostics import Diagnostic
from sovereign.errors import WriteError
from sovereign.files import fingerprint, is_executable, read_file, write_atomically
from sovereign.inventory.load import FLEET_FILE, host_file, host_names
from sovereign.operate.generate import HostChange, folder
from sovereign.parallel import FEW, in_parallel
from sovereign.review.run import Review

_FILE = Path(".sovereign") / "generate.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A run after which nothing was left to write: its open findings and numbers."""

    inputs: str
    outputs: str
    open: tuple[Diagnostic, ...]
    accepted: int
    hosts: int
    files: int


_SAVED = TypeAdapter(Remembered)


def read_inputs(root: Path) -> str | None:
    """The fingerprint of the inventory and of the code that reads it, before it is read.

    None for a fleet so small that a full run, with its figures, takes no longer than remembering,
    and for one that cannot be read: the full run tells why.
    """
    package = Path(sovereign.__file__).parent
    # Path.rglob does not follow the link before Python 3.13.
    code = chain(package.rglob("*"), (package / "generators").resolve().rglob("*"))
    try:
        names = host_names(root)
        if len(names) < FEW:
            return None
        files = sorted(path for path in code if path.suffix in {".py", ".j2", ".toml", ".json"})
        files += [root / FLEET_FILE, *(host_file(root, name) for name in names)]
        return fingerprint((str(path), False, read_file(path)) for path in files)
    except OSError:
        return None


def recall(root: Path, inputs: str) -> Remembered | None:
    """The last run over all hosts, if its inputs, code and outputs are still the same."""
    try:
        saved = _SAVED.validate_json(read_file(root / _FILE))
        same = saved.inputs == inputs and saved.outputs == _outputs(root, host_names(root))
    except (OSError, ValidationError):
        return None
    return saved if same else None


def remember(root: Path, inputs: str, changes: Sequence[HostChange], reviewed: Review) -> None:
    """Save a run over all hosts whose changes have been applied.

    Where there is no place to save it, the next run is slower, and that is all.
    """
    saved = Remembered(
        inputs,
        _joined(change.fingerprint for change in changes),
        reviewed.open,
        len(reviewed.accepted),
        len(changes),
        sum(len(change.write) + len(change.unchanged) for change in changes),
    )
    try:
        write_atomically(root / _FILE, _SAVED.dump_json(saved).decode())
    except WriteError:
        return


def _outputs(root: Path, names: Sequence[str]) -> str:
    parts = in_parallel(partial(_folders, root), names)
    return _joined(chain.from_iterable(parts))


def _folders(root: Path, names: Sequence[str]) -> list[str]:
    return [fingerprint(map(_generated, sorted(folder(root, name).iterdir()))) for name in names]


def _generated(path: Path) -> tuple[str, bool, bytes]:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):  # a link to the right text is not what is meant
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return path.name, is_executable(mode), path.read_bytes()


def _joined(fingerprints: Iterable[str]) -> str:
    return fingerprint((mark, False, b"") for mark in fingerprints)
