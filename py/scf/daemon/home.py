"""A home and its drive are made here, and nowhere else."""

import json
from pathlib import Path

from emily.files import replacing
from scf.attest.keys import Keyring
from scf.drive import Drive
from scf.errors import ScfError
from scf.settings import Home

_SETTINGS = """\
# SCF's settings; every key and its meaning: docs/scf/settings.md
drive = {drive}
gear = "STANDARD"

[train]
model = "ebdm"
recipe = "ebdm"
minimum = 1000 # new fossils before another generation is trained
budget = {{ seconds = 3600.0 }}

[train.config]

[promote]
metric = "dsm"
direction = "lower"
"""


class HomeError(ScfError):
    """A home that cannot be made here."""

    code = "SCF008"


def make(home: Home, root: Path, settings: str | None = None) -> None:
    """Make what is missing of a home and of its drive. Raises HomeError, ScfError."""
    try:
        home.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        if not home.settings_file.exists():
            with replacing(home.settings_file, mode=0o640) as file:
                file.write((settings or _SETTINGS.format(drive=json.dumps(str(root)))).encode())
    except OSError as error:
        raise HomeError(f"{error.filename or home.folder}: {error.strerror}") from error
    Keyring.make(home.keys)
    Drive.make(home.settings().drive)
