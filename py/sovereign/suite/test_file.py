"""Files, folders and secrets: owner, group and mode; what they hold is never read."""

from sovereign.expectations.file import File
from sovereign.suite.vantage import Vantage, require


def test_file(expectation: File, inside: Vantage) -> None:
    """It is there, of its kind, its owner's, with its mode."""
    path, file = expectation.path, inside.host.file(expectation.path)
    require(file.exists, f"{path} is not there")
    folder = expectation.kind == "directory"
    is_kind = file.is_directory if folder else file.is_file
    require(is_kind, f"{path} must be a {'directory' if folder else 'file'}, and is none")
    expected = f"{expectation.owner}:{expectation.group} {int(expectation.mode, 8):04o}"
    found = f"{file.user}:{file.group} {file.mode:04o}"
    require(found == expected, f"{path} must be {expected}, and is {found}")
