"""Two registries: the embedded one decides, the other follows, and is caught up when it was away.

A daemon must not depend on a server. A document per model says what the other registry has been told;
it is written after the telling, which may be repeated. What is due is all the rest.
"""

from typing import Annotated

from pydantic import Field

from scf.contracts.base import Document, Name
from scf.drive import Drive, Partition, guarded
from scf.registry.errors import RegistryError
from scf.registry.files import FileRegistry, turn
from scf.registry.registry import Registry, Version


class Told(Document):
    """What the other registry knows: the first versions, and where the aliases pointed."""

    model: Name
    versions: Annotated[int, Field(ge=0)] = 0
    aliases: dict[Name, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class Mirrored:
    """A `Registry` that is the first of two; the second may fail without harm."""

    name = "files+mlflow"

    def __init__(self, drive: Drive, primary: FileRegistry, second: Registry) -> None:
        self._drive = drive
        self._primary = primary
        self._second = second
        self._folder = drive.folder(Partition.MODEL_ZOO, "registry-told")
        self.problem = ""
        """Why the second registry could not be told, when it last could not."""
        with turn(drive, self._folder), guarded(drive.root):
            for torn in self._folder.glob(".*.part"):
                torn.unlink()

    def register(self, draft: Version) -> Version:
        """Keep a version, as the first registry does; the second is told when it can be."""
        version = self._primary.register(draft)
        self.catch_up()
        return version

    def versions(self, model: str) -> tuple[Version, ...]:
        """All versions of a model in the first registry, oldest first."""
        return self._primary.versions(model)

    def models(self) -> tuple[str, ...]:
        """The names of all models in the first registry, sorted."""
        return self._primary.models()

    def alias(self, model: str, alias: str) -> Version | None:
        """The version that an alias of the first registry names."""
        return self._primary.alias(model, alias)

    def point(self, model: str, alias: str, version: int) -> None:
        """Let an alias name a version. Raises RegistryError when there is none of that number."""
        self._primary.point(model, alias, version)
        self.catch_up()

    def owed(self) -> int:
        """How many versions and aliases the second registry has not been told."""
        count = 0
        for model in self._primary.models():
            told = self._told(model)
            count += len(self._primary.versions(model)) - told.versions
            count += len(self._primary.aliases(model).items() - told.aliases.items())
        return count

    def catch_up(self) -> int:
        """Tell the second registry what it has not been told; how much is still due.

        Never raises what the second one raises: `problem` says it. Raises RegistryError for a version
        of the first that was altered, DriveError.
        """
        with turn(self._drive, self._folder):
            for model in self._primary.models():
                versions, aliases = self._primary.versions(model), self._primary.aliases(model)
                try:
                    self._tell(self._told(model), versions, aliases)
                except RegistryError as error:
                    self.problem = error.message
                    return self.owed()
        self.problem = ""
        return 0

    def recount(self) -> int:
        """Tell everything again, to one that is new or has lost it; how much is still due."""
        with turn(self._drive, self._folder), guarded(self._drive.root):
            for path in self._folder.glob("[!.]*.json"):
                path.unlink()
        return self.catch_up()

    def _tell(self, told: Told, versions: tuple[Version, ...], aliases: dict[str, int]) -> None:
        model = told.model
        for version in versions[told.versions :]:
            self._second.register(version)
            told = self._note(told.model_copy(update={"versions": version.version}))
        for alias, number in aliases.items():
            if told.aliases.get(alias) != number:
                theirs = self._second.register(versions[number - 1])  # found by its job
                self._second.point(model, alias, theirs.version)
                told = self._note(
                    told.model_copy(update={"aliases": {**told.aliases, alias: number}})
                )

    def _note(self, told: Told) -> Told:
        self._drive.write(self._folder / f"{told.model}.json", told.canonical())
        return told

    def _told(self, model: str) -> Told:
        path = self._folder / f"{model}.json"
        with guarded(self._drive.root):
            return Told.read(path) if path.exists() else Told(model=model)
