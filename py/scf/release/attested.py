"""The versions of models as the log has them: in the order in which their trainings were attested.

A training is registered, then attested, then the next one may begin: the order is that of the numbers.
"""

from collections import defaultdict

from pydantic import ValidationError

from scf.attest.log import Log
from scf.attest.statement import Statement
from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.contracts.job import CHECKPOINT
from scf.registry.errors import RegistryError
from scf.registry.registry import CHALLENGER, Registry
from scf.release.documents import DATASET, JOB, RESULT
from scf.release.errors import ForgedError
from scf.release.rule import Number

KIND = "checkpoint"
"""The kind of the statement that attests a training."""


class Trained(Document):
    """What the log says of a training: all of a version but its number and its parent."""

    model: Name
    recipe: Name
    generation: Number
    code: str
    metrics: dict[str, float]
    checkpoint: Cid
    result: Cid
    job: Cid
    dataset: Cid

    @classmethod
    def of(cls, statement: Statement) -> "Trained":
        """What a statement says. Raises ForgedError when it is none of a training."""
        cids = {subject.name: subject.cid for subject in statement.subjects}
        links = {"checkpoint": CHECKPOINT, "result": RESULT, "job": JOB, "dataset": DATASET}
        facts = ("model", "recipe", "generation", "code", "metrics")
        try:
            return cls.model_validate(
                {field: cids[name] for field, name in links.items()}
                | {name: statement.predicate[name] for name in facts}
            )
        except (KeyError, ValidationError) as error:
            raise ForgedError(f"a statement in the log is of no training: {error}") from None


def trainings(registry: Registry, log: Log) -> dict[str, list[Trained]]:
    """Those of each model, oldest first; nothing where the registry lacks nothing that was attested.

    Raises LogError, RegistryError.
    """
    numbers, models = log.of(KIND), registry.models()
    known = sum(len(registry.versions(model)) for model in models)
    preferred = all(named(registry, model, CHALLENGER) for model in models)
    found: dict[str, list[Trained]] = defaultdict(list)
    jobs: set[str] = set()
    if known < len(numbers) or not preferred:
        for number in numbers:
            trained = Trained.of(log.entry(number).attestation.statement)
            if trained.job not in jobs:  # said again in other words, it is the same training
                found[trained.model].append(trained)
            jobs.add(trained.job)
    return found


def named(registry: Registry, model: str, alias: str) -> bool:
    """Whether an alias is there, though the version that it names may be lost."""
    try:
        return registry.alias(model, alias) is not None
    except RegistryError:
        return True
