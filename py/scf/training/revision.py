"""Which code trains: its version, and a digest of the modules that a result depends on."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_FOLDERS = ("batcher", "contracts", "training")


@cache
def code_revision() -> str:
    """The version of the distribution, `+`, and 16 digits of a SHA-256 over the modules' sources."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for folder in _FOLDERS:
        for path in sorted((package / folder).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    try:
        released = version("sovereign")
    except PackageNotFoundError:
        released = "0"
    return f"{released}+{digest.hexdigest()[:16]}"
