"""The registry's protocol: versions of models, and aliases that say which one is in use."""

from typing import Annotated, Protocol

from pydantic import Field

from scf.cid import Cid
from scf.contracts.base import Document, Name

CHAMPION = "champion"
"""The alias of the version that is in use."""

CHALLENGER = "challenger"
"""The alias of the best version so far, which the next release may bring into use."""


class Version(Document):
    """A trained model with all that it came from."""

    model: Name
    version: Annotated[int, Field(ge=1)]
    generation: Annotated[int, Field(ge=1)]
    checkpoint: Cid
    result: Cid
    job: Cid
    dataset: Cid
    parent: Cid | None = None
    """The checkpoint of the version that it was trained from."""
    recipe: Name
    metrics: dict[str, float]


class Registry(Protocol):
    """Versions never change; aliases move."""

    name: str

    def register(self, draft: Version) -> Version:
        """Keep a version; its number is given here. One of the same job is found, not made anew."""

    def versions(self, model: str) -> tuple[Version, ...]:
        """All versions of a model, oldest first."""

    def models(self) -> tuple[str, ...]:
        """The names of all models, sorted."""

    def alias(self, model: str, alias: str) -> Version | None:
        """The version that an alias names."""

    def point(self, model: str, alias: str, version: int) -> None:
        """Let an alias name a version. Raises RegistryError when there is none of that number."""
