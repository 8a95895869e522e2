"""What every expectation tells: what it is about, and where the inventory asks for it."""

from pydantic import BaseModel, ConfigDict


class Expectation(BaseModel):
    """One thing that must be true. `key` is the inventory's key path, as a dotted TOML key.

    `shared` says that the key stands in fleet.toml and not in the host's own file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    concern: str
    key: str
    shared: bool = False

    type: str
    """Its name in documents and reports."""

    @property
    def subject(self) -> str:
        """What it is about, in a few words; with the type unique on a host."""
        raise NotImplementedError

    @property
    def id(self) -> str:
        """The name under which it is reported and selected."""
        return f"{self.type}: {self.subject}"
