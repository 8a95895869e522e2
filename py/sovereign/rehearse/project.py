"""A copy of the project to evaluate, in which public keys are the rehearsal's."""

import os
import shutil
from pathlib import Path

from sovereign.rehearse.keys import Keys

_KEYED = (".nix", ".json", ".toml", ".sh", ".sql", ".conf", ".nft")
_SKIPPED = frozenset(
    {"__pycache__", "node_modules", "bench", "docs", "tests", "requirements", "build", "result"}
)


def copy_project(root: Path, target: Path, keys: Keys) -> None:
    """Copy what Nix reads: no hidden folder, no cache, no test."""
    shutil.copytree(root, target, symlinks=True, ignore=_skipped)
    for file in (target / "hosts").rglob("*"):
        if file.suffix in _KEYED and file.is_file() and not file.is_symlink():
            file.write_text(keys.substitute(file.read_text("utf-8")), "utf-8")


def _skipped(folder: str, names: list[str]) -> set[str]:
    hidden = {name for name in names if name.startswith(".") or name in _SKIPPED}
    others = {n for n in names if not _is_plain(os.path.join(folder, n)) or n.endswith(".so")}  # noqa: PTH118 - copytree speaks in strings
    return hidden | others


def _is_plain(path: str) -> bool:
    return os.path.islink(path) or os.path.isfile(path) or os.path.isdir(path)  # noqa: PTH112, PTH113, PTH114
