"""The embedded registry: a canonical document per version, and one per alias, on the drive.

`model_zoo/registry/<model>/versions/<number>.json` never changes; `…/aliases/<alias>.json` is replaced
as a whole. Processes take turns by a lock on the folder, which the kernel lifts when one dies.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from scf import turns
from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.drive import Drive, Partition, guarded
from scf.registry.errors import RegistryError
from scf.registry.registry import Version

_NAME = TypeAdapter(Name)


class Alias(Document):
    """The version that an alias names, by number and by the CID of its document."""

    model: Name
    alias: Name
    version: int
    document: Cid


class FileRegistry:
    """A `Registry` that needs nothing but the drive."""

    name = "files"

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._read: dict[tuple[str, int], Version] = {}
        self._root = drive.folder(Partition.MODEL_ZOO, "registry")
        with turn(self._drive, self._root):
            self._sweep()

    def register(self, draft: Version) -> Version:
        """Keep a version; its number is given here. One of the same job is found, not made anew.

        Raises RegistryError when the version of that job differs from the draft, DriveError.
        """
        with turn(self._drive, self._root):
            known = self.versions(draft.model)
            for version in known:
                if version.job == draft.job:
                    same(version, draft)
                    return version
            version = draft.model_copy(update={"version": len(known) + 1})
            folder = self._folder(draft.model, "versions")
            self._drive.write(folder / f"{version.version}.json", version.canonical())
            return version

    def versions(self, model: str) -> tuple[Version, ...]:
        """All versions of a model, oldest first. Raises RegistryError for a missing or altered one."""
        folder = self._root / checked_name(model) / "versions"
        with guarded(self._drive.root):
            count = len(list(folder.glob("[0-9]*.json"))) if self._there(folder) else 0
        return tuple(self._version(folder, model, number) for number in range(1, count + 1))

    def models(self) -> tuple[str, ...]:
        """The names of all models, sorted."""
        with guarded(self._drive.root):
            there = self._there(self._root)
            found = list(self._root.glob("*/versions/1.json")) if there else []
        return tuple(sorted(path.parent.parent.name for path in found))

    def alias(self, model: str, alias: str) -> Version | None:
        """The version that an alias names. Raises RegistryError when that one is not as it was."""
        path = self._root / checked_name(model) / "aliases" / f"{checked_name(alias)}.json"
        with guarded(self._drive.root):
            if not (self._there(path.parent) and path.exists()):
                return None
            named = Alias.read(path)
        version = self.version(model, named.version)
        if (named.model, named.alias, named.document) != (model, alias, version.id):
            raise RegistryError(
                f"{model}: version {named.version} is not the one that {alias} named"
            )
        return version

    def point(self, model: str, alias: str, version: int) -> None:
        """Let an alias name a version. Raises RegistryError when there is none of that number."""
        with turn(self._drive, self._root):
            there = self.version(model, version)
            document = Alias(
                model=model, alias=checked_name(alias), version=version, document=there.id
            ).canonical()
            path = self._folder(model, "aliases") / f"{alias}.json"
            with guarded(self._drive.root):
                if path.exists() and path.read_bytes() == document:
                    return
            self._drive.write(path, document)

    def aliases(self, model: str) -> dict[str, int]:
        """The aliases of a model, and the versions that they name."""
        folder = self._root / checked_name(model) / "aliases"
        with guarded(self._drive.root):
            there = self._there(folder)
            names = sorted(path.stem for path in folder.glob("[!.]*.json")) if there else []
        named = {name: self.alias(model, name) for name in names}
        return {name: version.version for name, version in named.items() if version}

    def version(self, model: str, number: int) -> Version:
        """One version. Raises RegistryError when there is none of that number."""
        versions = self.versions(model)
        if not 1 <= number <= len(versions):
            raise RegistryError(f"{model} has no version {number}; its last is {len(versions)}")
        return versions[number - 1]

    def _version(self, folder: Path, model: str, number: int) -> Version:
        if (model, number) not in self._read:
            path = folder / f"{number}.json"
            with guarded(self._drive.root):
                if not path.exists():
                    raise RegistryError(
                        f"{model}: version {number} is missing: {path}",
                        hint=f"move {folder.parent} away: what was in it is put back by scf release",
                    )
                text = path.read_bytes()
            version = Version.parse(text, source=f"{model} {path.name}")
            if (version.model, version.version) != (model, number) or version.canonical() != text:
                raise RegistryError(f"{model}: {path} is not as it was written")
            self._read[model, number] = version
        return self._read[model, number]

    def _folder(self, model: str, name: str) -> Path:
        return self._drive.folder(Partition.MODEL_ZOO, "registry", model, name)

    def _there(self, path: Path) -> bool:
        """Whether a folder is there; that the drive is gone is no answer. Raises DriveError."""
        if path.is_dir():
            return True
        self._drive.check()
        return False

    def _sweep(self) -> None:
        """Remove what a process that was killed had begun to write; no other is writing now."""
        with guarded(self._drive.root):
            for torn in self._root.glob("*/*/.*.part"):
                torn.unlink()


@contextmanager
def turn(drive: Drive, folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Be the only process that changes a folder; the kernel gives it back when one dies.

    Raises RegistryError when another has its turn and this one does not `wait`, DriveError.
    """
    busy = RegistryError(f"another process has its turn at {folder.name}")
    with ExitStack() as stack:
        with guarded(drive.root):
            stack.enter_context(turns.turn(folder, busy, patience_s=inf if wait else 0))
        yield


def checked_name(name: str) -> str:
    """The name, when it is one. Raises RegistryError."""
    try:
        return _NAME.validate_python(name)
    except ValidationError:
        raise RegistryError(f"{name!r} is no name: small letters, digits and hyphens") from None


def same(version: Version, draft: Version) -> None:
    """Raise RegistryError when a draft of a job says something else than its version."""
    if version != draft.model_copy(update={"version": version.version}):
        ours, its = version.model_dump(), draft.model_dump()
        names = sorted(name for name in ours if name != "version" and ours[name] != its[name])
        raise RegistryError(
            f"{version.model}: version {version.version} of the job {version.job} is kept already, "
            f"with another {', '.join(names)}"
        )
