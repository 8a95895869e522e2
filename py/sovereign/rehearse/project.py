"""A copy of the project to evaluate, in which public keys are the rehearsal's."""

import os
import shutil
from pathlib import Path

from sovereign.errors import WriteError
from sovereign.rehearse.keys import Keys
from sovereign.run import run

_KEYED = (".nix", ".json", ".toml", ".sh", ".sql", ".conf", ".nft")
_SKIPPED = frozenset(
    {"__pycache__", "node_modules", "bench", "docs", "tests", "requirements", "build", "result"}
)


def copy_project(root: Path, target: Path, keys: Keys) -> None:
    """Copy what Nix reads: of a git repository what git tracks; no hidden folder, no cache, no test.

    Nix puts the copy where everybody can read it: what lies beside the project, untracked, stays.

    Raises ProgramError where git does not tell, and WriteError.
    """
    tracked = _tracked(root)

    def ignored(folder: str, names: list[str]) -> set[str]:
        skipped = _skipped(folder, names)
        if tracked is not None:
            skipped |= {name for name in names if Path(folder, name) not in tracked}
        return skipped

    try:
        shutil.copytree(root, target, symlinks=True, ignore=ignored)
    except shutil.Error as error:  # of many files, one tells enough
        source, _, why = error.args[0][0]
        raise WriteError(f"{source} cannot be copied: {why}") from error
    for file in (target / "hosts").rglob("*"):
        if file.suffix in _KEYED and file.is_file() and not file.is_symlink():
            file.write_text(keys.substitute(file.read_text("utf-8")), "utf-8")


def _tracked(root: Path) -> frozenset[Path] | None:
    """What git tracks, and the folders above it; None where the folder is no repository of git's."""
    if not (root / ".git").exists():
        return None
    # the repository may be somebody else's, and its settings may name a program
    safe = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false")
    said = run(("git", *safe, "-C", root, "ls-files", "-z")).out
    files = [root / name for name in said.split("\0") if name]
    return frozenset(files).union(*(file.parents for file in files))


def _skipped(folder: str, names: list[str]) -> set[str]:
    hidden = {name for name in names if name.startswith(".") or name in _SKIPPED}
    others = {n for n in names if not _is_plain(os.path.join(folder, n)) or n.endswith(".so")}  # noqa: PTH118 - copytree speaks in strings
    return hidden | others


def _is_plain(path: str) -> bool:
    return os.path.islink(path) or os.path.isfile(path) or os.path.isdir(path)  # noqa: PTH112, PTH113, PTH114
