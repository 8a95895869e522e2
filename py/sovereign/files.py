"""Reading and writing files: a file is replaced whole or left as it was."""

import os
import tempfile
from pathlib import Path

from sovereign.errors import WriteError


def write_atomically(path: Path, text: str, *, executable: bool = False) -> bool:
    """Make `path` hold `text`; say whether anything changed.

    A file that already holds the text is not touched. Otherwise the text goes into a temporary
    file beside it, which then takes its place. Raises WriteError.
    """
    mode = 0o755 if executable else 0o644
    data = text.encode("utf-8")
    try:
        if path.read_bytes() == data and (path.stat().st_mode & 0o111 != 0) == executable:
            return False
    except FileNotFoundError:
        pass
    except OSError as error:
        raise WriteError(f"cannot read {path}: {error.strerror}") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from error
    return True
