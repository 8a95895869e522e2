"""What answers over HTTP."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Http(Expectation):
    """From a zone, or `inside`, a path answers with a status; with the right token, without, or with a wrong one."""

    type: Literal["http"] = "http"
    source: str
    address: str
    port: int
    path: str
    credential: Literal["right", "wrong", "none"] = "none"
    status: int
    contains: str = ""
    """A text of the answer."""

    @property
    def subject(self) -> str:
        """Return what is asked, and from where."""
        return f"{self.path} from {self.source} with {self.credential} token"
