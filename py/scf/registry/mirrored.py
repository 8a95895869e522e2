"""Two registries: the embedded one decides, the other follows, and is caught up when it was away.

A daemon must not depend on a server. A document per model says what the other registry has been told;
it is written after the telling, which may be repeated. What is due is all the rest. Whether the other
one still has what it was told is looked at once by each process.
"""

from time import monotonic
from typing import Annotated, Protocol

from pydantic import Field

from scf.contracts.base import Document, Name
from scf.drive import Drive, Partition, guarded
from scf.errors import ScfError
from scf.registry.files import FileRegistry, turn
from scf.registry.registry import Registry, Version

_FOLDER = "registry-told"
_PAUSE_S = 60.0
"""For so long, one that was away is not asked again."""
_TURN_S = 10.0
"""After so long no further version is begun with: the next call goes on."""


class Follower(Registry, Protocol):
    """A registry that may be away."""

    def reach(self) -> None:
        """Raise RegistryError, within some two seconds, when it is away."""


class Told(Document):
    """What the other registry knows: the first versions, and where the aliases pointed."""

    model: Name
    versions: Annotated[int, Field(ge=0)] = 0
    aliases: dict[Name, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class Mirrored:
    """A `Registry` that is the first of two; the second may fail without harm."""

    name = "files+mlflow"

    def __init__(self, drive: Drive, primary: FileRegistry, second: Follower) -> None:
        self._drive = drive
        self._primary = primary
        self._second = second
        self._folder = drive.folder(Partition.MODEL_ZOO, _FOLDER)
        self.problem = ""
        """Why the second registry could not be told, when it last could not."""
        self._owed = 0
        self._again = 0.0
        self._compared: set[str] = set()
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

    def catch_up(self, *, at_once: bool = False) -> int:
        """Tell the second registry what it has not been told; how much is still due, as far as is known.

        Never raises a ScfError: `problem` says it. A second registry that is away costs two seconds,
        and is then left alone for a minute, unless it is to be asked `at_once`; with nothing due it
        is not asked at all.
        """
        if monotonic() < self._again and not at_once:
            return self._owed
        try:
            with turn(self._drive, self._folder, wait=False):
                self._tell_all(monotonic() + _TURN_S)
        except ScfError as error:
            self.problem = error.message
            self._again = monotonic() + _PAUSE_S
        else:
            self.problem = ""
        return self._owed

    def _tell_all(self, until: float) -> None:
        self._owed, due = 0, []
        for model in self._primary.models():
            known = told(self._drive, model)
            versions, aliases = self._primary.versions(model), self._primary.aliases(model)
            owed = len(versions) - known.versions + len(aliases.items() - known.aliases.items())
            self._owed += owed
            if owed or model not in self._compared:
                due.append((known, versions, aliases))
        if due:
            self._second.reach()
        for known, versions, aliases in due:
            self._tell(self._compare(known, versions, aliases), versions, aliases, until)

    def _compare(self, told: Told, versions: tuple[Version, ...], aliases: dict[str, int]) -> Told:
        """What it was told, or nothing where it has lost it, or is another one."""
        if told.model not in self._compared:
            if told.versions:
                has = {version.job for version in self._second.versions(told.model)}
                if not has.issuperset(version.job for version in versions[: told.versions]):
                    self._owed += told.versions + len(aliases.items() & told.aliases.items())
                    told = self._note(Told(model=told.model))
            self._compared.add(told.model)
        return told

    def _tell(
        self, told: Told, versions: tuple[Version, ...], aliases: dict[str, int], until: float
    ) -> None:
        model = told.model
        for version in versions[told.versions :]:
            if monotonic() > until:
                return
            self._second.register(version)
            told = self._note(told.model_copy(update={"versions": version.version}))
            self._owed -= 1
        for alias, number in aliases.items():
            if told.aliases.get(alias) != number:
                theirs = self._second.register(versions[number - 1])  # found by its job
                self._second.point(model, alias, theirs.version)
                told = self._note(
                    told.model_copy(update={"aliases": {**told.aliases, alias: number}})
                )
                self._owed -= 1

    def _note(self, told: Told) -> Told:
        self._drive.write(self._folder / f"{told.model}.json", told.canonical())
        return told


def told(drive: Drive, model: str) -> Told:
    """What the other registry knows of a model. Raises DriveError, ContractError."""
    path = drive.root / Partition.MODEL_ZOO / _FOLDER / f"{model}.json"
    with guarded(drive.root):
        return Told.read(path) if path.exists() else Told(model=model)
