"""Files, folders and secrets: that they are there and whose they are, never what they hold."""

from typing import Literal

from sovereign.expectations.base import Expectation


class File(Expectation):
    """A file or folder with its owner and mode."""

    type: Literal["file"] = "file"
    path: str
    kind: Literal["file", "directory", "secret"]
    owner: str
    group: str
    mode: str
    """Octal: `0400`."""

    @property
    def subject(self) -> str:
        """Return its path."""
        return self.path
