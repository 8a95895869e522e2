"""What the host is."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Identity(Expectation):
    """Who the host says that it is."""

    type: Literal["identity"] = "identity"
    name: str
    domain: str
    host_id: str
    time_zone: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class NixosRelease(Expectation):
    """The release of NixOS that runs."""

    type: Literal["nixos-release"] = "nixos-release"
    release: str

    @property
    def subject(self) -> str:
        """Return the release."""
        return self.release


class NixSetting(Expectation):
    """A setting of Nix, as `nix config show` prints it; its words, in any order, are among the value's."""

    type: Literal["nix-setting"] = "nix-setting"
    name: str
    value: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name
