"""File shares."""

from typing import Literal

from sovereign.expectations.base import Expectation


class SmbServer(Expectation):
    """Who may speak to the server: the interfaces that it offers for channels, in its own words."""

    type: Literal["smb-server"] = "smb-server"
    addresses: tuple[str, ...]
    """Offered to clients for more channels."""
    multichannel: bool
    minimum_protocol: str

    @property
    def subject(self) -> str:
        """Return that it is the server."""
        return "server"


class SmbShare(Expectation):
    """From a zone, these users reach a share, encrypted; nobody else does, nor without encryption."""

    type: Literal["smb-share"] = "smb-share"
    source: str
    address: str
    share: str
    users: tuple[str, ...]
    read_only: bool
    encrypted: bool

    @property
    def subject(self) -> str:
        """Return the share and from where."""
        return f"{self.share} from {self.source}"


class SmbChannels(Expectation):
    """A client with several links gets a channel on each: at least so many in all."""

    type: Literal["smb-channels"] = "smb-channels"
    source: str
    address: str
    share: str
    user: str
    at_least: int

    @property
    def subject(self) -> str:
        """Return the share and from where."""
        return f"{self.share} from {self.source}"
