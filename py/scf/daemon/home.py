"""A home and its drive are made here, and nowhere else."""

import json
import os
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
    """Make a home and its drive; one that is there stays, and its drive is not made again.

    The settings come last: with them, the home is whole. A drive that is missing then is one that is
    not mounted. Raises HomeError, DriveError, KeyringError.
    """
    text = settings or _SETTINGS.format(drive=json.dumps(str(root), ensure_ascii=False))
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise HomeError(f"{os.fsencode(root)!r} is no name in UTF-8") from None
    if home.settings_file.exists():
        named = home.settings().drive
        if named != root:
            raise HomeError(
                f"{home.settings_file} names another drive: {named}",
                hint="change it there, or choose another home",
            )
        Drive.open(named)
        Keyring.open(home.keys)
        return
    try:
        home.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        Drive.make(root)
        Keyring.make(home.keys)
        with replacing(home.settings_file, mode=0o640) as file:
            file.write(data)
    except OSError as error:
        raise HomeError(f"{error.filename or home.folder}: {error.strerror}") from error
