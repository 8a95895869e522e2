"""Remember that a large fleet was current: by its inputs, the generators' code, and its outputs.

Nothing is trusted that was not read again: every input and every output is hashed on each run. What
is saved is the parsing, the review and the generation in between.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import sovereign
from sovereign.diagnostics import Diagnostic
from sovereign.errors import WriteError
from sovereign.files import write_atomically
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


def recall(root: Path) -> Remembered | None:
    """The last run over all hosts, if its inputs, code and outputs are still the same.

    None for a fleet so small that a full run, with its figures, takes no longer.
    """
    names = tuple(host_names(root))
    if len(names) < FEW:
        return None
    try:
        saved = _SAVED.validate_json((root / _FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    same = saved.inputs == _inputs(root, names) and saved.outputs == _outputs(root, names)
    return saved if same else None


def remember(root: Path, changes: Sequence[HostChange], reviewed: Review) -> None:
    """Save a run over all hosts whose changes have been applied.

    Where there is no place to save it, the next run is slower, and that is all.
    """
    names = [change.host for change in changes]
    if len(names) < FEW:
        return
    saved = Remembered(
        _inputs(root, names),
        _outputs(root, names),
        reviewed.open,
        len(reviewed.accepted),
        len(names),
        sum(len(change.write) + len(change.unchanged) for change in changes),
    )
    try:
        write_atomically(root / _FILE, _SAVED.dump_json(saved).decode())
    except WriteError:
        return


def _inputs(root: Path, names: Sequence[str]) -> str:
    package = Path(sovereign.__file__).parent
    code = sorted(p for p in _walk(package) if p.suffix in {".py", ".j2", ".toml", ".json"})
    return _hash([*code, root / FLEET_FILE, *(host_file(root, name) for name in names)])


def _walk(package: Path) -> Iterable[Path]:
    yield from package.rglob("*")
    # Path.rglob does not follow the link before Python 3.13.
    yield from (package / "generators").resolve().rglob("*")


def _outputs(root: Path, names: Sequence[str]) -> str:
    parts = in_parallel(partial(_hash_folders, root), names)
    return hashlib.blake2b("".join(parts).encode()).hexdigest()


def _hash_folders(root: Path, names: Sequence[str]) -> str:
    return _hash(path for name in names for path in sorted(folder(root, name).iterdir()))


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.blake2b()
    for path in files:
        data = path.read_bytes()
        digest.update(f"{path}\0{path.stat().st_mode}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()
