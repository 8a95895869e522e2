"""Where SCF is on a machine, checked before it goes into a unit."""

import re
from dataclasses import dataclass
from pathlib import Path

from scf.errors import ScfError

# what useradd and systemd take for a name
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")


class InstallError(ScfError):
    """A place or a name that no unit can hold."""

    code = "SCF076"


@dataclass(frozen=True, slots=True)
class Install:
    """The program `scf`, the drive, the home with scf.toml and the journal, and who it runs as.

    Raises InstallError.
    """

    program: Path
    drive: Path
    state: Path
    user: str

    def __post_init__(self) -> None:
        for name in ("program", "drive", "state"):
            _check(name, getattr(self, name))
        if not _USER.fullmatch(self.user):
            raise InstallError(f"user: {self.user!r} is no name of a user")


def _check(name: str, path: Path) -> None:
    text = str(path)
    if not path.is_absolute() or ".." in path.parts or text == "/":
        raise InstallError(f"{name}: {text!r} is no absolute path without ..")
    if not text.isprintable():
        raise InstallError(f"{name}: {text!r} has characters that cannot be printed")
