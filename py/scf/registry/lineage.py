"""Lineage: from a version back to each fossil that it, and what it was trained from, was made of.

Every link is a CID, and every CID is checked against the bytes that it names: version, job, result,
dataset, shards, the fossils in them, the parents of those; then the same for the parent version.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from pydantic import Field

from scf.batcher.shards import frames, verify
from scf.cid import Cid, cid_of
from scf.contracts.base import MAX_BYTES, Document, Name
from scf.contracts.dataset import Count, Dataset, ShardRef
from scf.contracts.fossil import Fossil
from scf.contracts.job import Job, Result
from scf.drive import Drive, Partition, guarded
from scf.errors import ScfError
from scf.places import dataset_file, run_folder
from scf.registry.errors import LineageError
from scf.registry.registry import Registry, Version

Ancestors = Callable[[str], Iterable[Fossil]]
"""A fossil and all that it was made of, by CID: `Vault.lineage`."""

D = TypeVar("D", bound=Document)


class Generation(Document):
    """A version, what made it, and the names of the shards that it was trained on."""

    model: Name
    version: Count
    generation: Count
    recipe: Name
    checkpoint: Cid
    result: Cid
    job: Cid
    dataset: Cid
    parent: Cid | None
    shards: tuple[str, ...]


class Lineage(Document):
    """The version and its ancestors, newest first, and all shards and fossils that they come from."""

    v: Literal[1] = 1
    generations: Annotated[tuple[Generation, ...], Field(min_length=1)]
    shards: tuple[ShardRef, ...]
    fossils: int
    """How many there are in the shards, each found and counted."""
    derived: int
    """How many of them were made of other fossils."""
    parents: int
    """How many fossils others were made of; each was found."""

    def text(self) -> str:
        """The links, an indented line each."""
        return "\n".join(_text(self)) + "\n"

    def mermaid(self) -> str:
        """The links as a Mermaid flowchart (https://mermaid.js.org)."""
        return "\n".join(_mermaid(self)) + "\n"


def lineage(
    registry: Registry, drive: Drive, version: Version, ancestors: Ancestors | None = None
) -> Lineage:
    """The lineage of a registered version.

    `ancestors` is asked for parents that are in no shard of the datasets. Raises LineageError, which
    names the link that is missing or altered, and DriveError.
    """
    known: dict[str, Version] = {}
    for model in registry.models():
        for each in registry.versions(model):
            known.setdefault(each.checkpoint, each)
    if version not in registry.versions(version.model):
        raise LineageError(f"version {version.version} of {version.model} is not registered so")
    generations: list[Generation] = []
    shards: dict[str, ShardRef] = {}
    at: Version | None = version
    while at is not None:
        generation, dataset = _generation(drive, at)
        generations.append(generation)
        for shard in dataset.shards:
            if shards.setdefault(shard.name, shard) != shard:
                raise LineageError(
                    f"the shard {shard.name} was another in the dataset {at.dataset}"
                )
        parent = known.get(at.parent) if at.parent else None
        if at.parent and parent is None:
            raise LineageError(
                f"version {at.version} of {at.model} was trained from {at.parent}, which is no version"
            )
        if parent and parent.job in {each.job for each in generations}:
            raise LineageError(f"version {at.version} of {at.model} is said to be its own ancestor")
        at = parent
    census = _Census(drive.root / Partition.FOSSIL_VAULT / "shards", tuple(shards.values()))
    census.take(ancestors)
    return Lineage(
        generations=tuple(generations),
        shards=census.shards,
        fossils=census.fossils,
        derived=census.derived,
        parents=census.parents,
    )


def dataset_of(drive: Drive, cid: str) -> Dataset:
    """A dataset by its CID. Raises LineageError when it is missing or altered, DriveError."""
    return linked(drive, Dataset, dataset_file(drive, cid), cid, "the dataset")


def linked(drive: Drive, kind: type[D], path: Path, cid: str, what: str) -> D:
    """The document in a file, which must have this CID. Raises LineageError, DriveError."""
    with guarded(drive.root):
        if not path.is_file():
            drive.check()
            raise LineageError(f"{what} {cid} is missing: {path}")
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    if cid_of(text) != cid:
        raise LineageError(f"{what} {cid} was altered: {path}")
    return kind.parse(text, source=f"{what} {cid}")


def _generation(drive: Drive, version: Version) -> tuple[Generation, Dataset]:
    run = run_folder(drive, version.job)
    job = linked(drive, Job, run / "job.json", version.job, "the job")
    result = linked(drive, Result, run / "result.json", version.result, "the result")
    links = {
        "model": (job.model, version.model),
        "recipe": (job.recipe, version.recipe),
        "generation": (job.generation, version.generation),
        "dataset": (job.dataset, version.dataset),
        "parent": (job.parent, version.parent),
        "job": (result.job, version.job),
        "checkpoint": (result.checkpoint.cid, version.checkpoint),
    }
    for name, (recorded, registered) in links.items():
        if recorded != registered:
            raise LineageError(
                f"version {version.version} of {version.model} has another {name} than its run: "
                f"{registered}, not {recorded}"
            )
    dataset = dataset_of(drive, version.dataset)
    generation = Generation(
        model=version.model,
        version=version.version,
        generation=version.generation,
        recipe=version.recipe,
        checkpoint=version.checkpoint,
        result=version.result,
        job=version.job,
        dataset=version.dataset,
        parent=version.parent,
        shards=tuple(shard.name for shard in dataset.shards),
    )
    return generation, dataset


class _Line(msgspec.Struct):
    """What lineage needs of a fossil."""

    cid: str
    parents: tuple[str, ...] = ()


class _Census:
    """Counts fossils; of the CIDs, only those of parents are held in memory."""

    def __init__(self, folder: Path, shards: tuple[ShardRef, ...]) -> None:
        self.shards = shards
        self.fossils = self.derived = self.parents = 0
        self._folder = folder
        self._decoder = msgspec.json.Decoder(_Line)

    def take(self, ancestors: Ancestors | None) -> None:
        """Check and count every shard, fossil and parent. Raises LineageError."""
        wanted: dict[str, str] = {}
        for shard in self.shards:
            try:
                verify(self._folder / shard.name, shard)
            except ScfError as error:
                raise LineageError(f"the shard {shard.name}: {error.message}") from error
            for line in self._lines(shard):
                self.fossils += 1
                self.derived += bool(line.parents)
                wanted |= dict.fromkeys(line.parents, line.cid)
        self.parents = len(wanted)
        for shard in self.shards if wanted else ():
            for line in self._lines(shard):
                wanted.pop(line.cid, None)
        for parent, child in wanted.items():
            try:
                found = next(iter(ancestors(parent)), None) if ancestors else None
            except ScfError as error:
                raise LineageError(f"the parent {parent} of {child}: {error.message}") from error
            if found is None or found.cid != parent:
                raise LineageError(f"the fossil {parent} is missing, of which {child} was made")

    def _lines(self, shard: ShardRef) -> Iterable[_Line]:
        try:
            for frame in frames(self._folder / shard.name, shard):
                for line in frame.raw.removesuffix(b"\n").split(b"\n"):
                    yield self._decoder.decode(line)
        except (ScfError, msgspec.MsgspecError) as error:
            raise LineageError(f"the shard {shard.name}: {error}") from error


_SHOWN = 8
"""No more shards are drawn."""


def _text(lineage: Lineage) -> Iterable[str]:
    shards = {shard.name: shard for shard in lineage.shards}
    for each in lineage.generations:
        yield f"{each.model} version {each.version}, generation {each.generation}: {each.checkpoint}"
        yield f"  result   {each.result}"
        yield f"  job      {each.job} ({each.recipe})"
        yield f"  dataset  {each.dataset}"
        for name in each.shards:
            yield f"    {name}  {shards[name].cid}  {shards[name].records} fossils"
        if each.parent:
            yield f"  trained from {each.parent}"
    yield (
        f"{lineage.fossils} fossils in {len(lineage.shards)} shards, {lineage.derived} made of "
        f"others, {lineage.parents} of which others were made: all found"
    )


def _mermaid(lineage: Lineage) -> Iterable[str]:
    yield "flowchart LR"
    datasets = {each.dataset: each.shards for each in lineage.generations}
    for at, each in enumerate(lineage.generations):
        yield f'  v{at}["{each.model} {each.version}<br>{_short(each.checkpoint)}"]'
        yield f'  v{at} -->|{each.recipe}| j{at}["job<br>{_short(each.job)}"]'
        yield f"  j{at} --> d{list(datasets).index(each.dataset)}"
        if each.parent:
            yield f"  v{at} -->|trained from| v{at + 1}"
    shown = {shard.name: at for at, shard in enumerate(lineage.shards[:_SHOWN])}
    for at, (dataset, names) in enumerate(datasets.items()):
        yield f'  d{at}["dataset<br>{_short(dataset)}"]'
        yield from (f"  d{at} --> s{shown[name]}" for name in names if name in shown)
        rest = len([name for name in names if name not in shown])
        if rest:
            yield f'  d{at} --> more{at}["{rest} more shards"]'
    for shard in lineage.shards[:_SHOWN]:
        yield f'  s{shown[shard.name]}["{shard.name}<br>{shard.records} fossils"]'


def _short(cid: str) -> str:
    return f"…{cid[-8:]}"
