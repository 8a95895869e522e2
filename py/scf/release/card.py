"""Model cards (Mitchell et al. 2019, https://doi.org/10.1145/3287560.3287596), from a run's own record.

No figure in one is typed in: each is copied from the job, its dataset, its result and the registry.
"""

import json

from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.contracts.dataset import Dataset
from scf.contracts.job import Job, Result
from scf.errors import ContractError
from scf.registry.registry import Version
from scf.release.documents import Week
from scf.release.errors import ReleaseError
from scf.release.rule import Number

_FENCE = "---"
NOT_STATED = "Not stated."


class Card(Document):
    """What the head of a card says, a line each, as JSON, which is YAML 1.2 too."""

    model: Name
    version: Number
    generation: Number
    week: Week
    recipe: Name
    code: str
    seed: Number
    dataset: Cid
    fossils: Number
    job: Cid
    result: Cid
    checkpoint: Cid
    checkpoint_bytes: Number
    parent: Cid | None
    metrics: dict[str, float]

    @classmethod
    def of(cls, week: str, version: Version, job: Job, dataset: Dataset, result: Result) -> "Card":
        """The head of a version's card. Raises ReleaseError when its records disagree."""
        pairs = {
            "model": (version.model, job.model),
            "generation": (version.generation, job.generation),
            "recipe": (version.recipe, job.recipe),
            "dataset": (version.dataset, job.dataset),
            "parent": (version.parent, job.parent),
            "job": (version.job, result.job),
            "checkpoint": (version.checkpoint, result.checkpoint.cid),
            "metrics": (version.metrics, result.metrics),
        }
        for name, (registered, recorded) in pairs.items():
            if registered != recorded:
                raise ReleaseError(
                    f"version {version.version} of {version.model} was registered with another {name} "
                    f"than its run has: {registered!r}, not {recorded!r}"
                )
        return cls(
            model=version.model,
            version=version.version,
            generation=version.generation,
            week=week,
            recipe=job.recipe,
            code=job.code,
            seed=job.seed,
            dataset=version.dataset,
            fossils=dataset.records,
            job=version.job,
            result=version.result,
            checkpoint=version.checkpoint,
            checkpoint_bytes=result.checkpoint.bytes,
            parent=version.parent,
            metrics=result.metrics,
        )

    @classmethod
    def front(cls, text: str) -> "Card":
        """Read the head of a card. Raises ContractError."""
        lines = iter(text.splitlines())
        fields: list[str] = []
        if next(lines, "") != _FENCE:
            raise ContractError("the card has no head")
        for line in lines:
            if line == _FENCE:
                return cls.parse("{" + ",".join(fields) + "}", source="the card")
            name, _, value = line.partition(": ")
            fields.append(f"{json.dumps(name)}:{value}")
        raise ContractError("the card's head has no end")

    def text(self, job: Job, dataset: Dataset, intended_use: str) -> str:
        """The card, in Markdown."""
        head = self.model_dump(mode="json")
        lines = [
            _FENCE,
            *(f"{name}: {_json(value)}" for name, value in head.items()),
            _FENCE,
            "",
            f"# {self.model}, version {self.version}",
            "",
            f"Generation {self.generation}, trained by the recipe `{self.recipe}` "
            f"on {self.fossils} fossils"
            + (", from the checkpoint of its parent." if self.parent else ", from nothing."),
            "",
            "## Intended use",
            "",
            intended_use.strip() or NOT_STATED,
            "",
            "## Metrics",
            "",
            "As the run recorded them.",
            "",
            "| metric | value |",
            "| --- | ---: |",
            *(f"| {cell(name)} | {self.metrics[name]!r} |" for name in sorted(self.metrics)),
            "",
            "## Data",
            "",
            "| shard | fossils | CID |",
            "| --- | ---: | --- |",
            *(f"| {shard.name} | {shard.records} | `{shard.cid}` |" for shard in dataset.shards),
            "",
            "## Training",
            "",
            *("    " + line for line in _json(job.model_dump(mode="json"), indent=2).splitlines()),
            "",
        ]
        return "\n".join(lines)


def cell(text: str) -> str:
    """Text that stays in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _json(value: object, *, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, sort_keys=True, allow_nan=False)
