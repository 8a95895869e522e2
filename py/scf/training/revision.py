"""Which code trains: its version, and a digest of the modules that a result depends on."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# gflownet trains what emily serves
_FOLDERS = ("emily/cognition/gflownet", "scf/batcher", "scf/contracts", "scf/training")


@cache
def code_revision() -> str:
    """The version of the distribution, `+`, and 16 digits of a SHA-256 over the modules' sources."""
    try:
        released = version("sovereign")
    except PackageNotFoundError:
        released = "0"
    return f"{released}+{digest(Path(__file__).parents[2])}"


def digest(packages: Path) -> str:
    """16 digits of a SHA-256 over the names and sources of those modules, in a folder of packages."""
    hashed = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((packages / folder).rglob("*.py")):
            content = path.read_bytes()
            name = path.relative_to(packages).as_posix()
            hashed.update(f"{name}\0{len(content)}\0".encode())
            hashed.update(content)
    return hashed.hexdigest()[:16]
