"""Orient: what should be trained next, as a pure function of what there is."""

from dataclasses import dataclass
from itertools import takewhile

from scf.contracts.dataset import Dataset
from scf.contracts.job import Job
from scf.daemon.journal import Intent, Stage
from scf.registry.registry import Version
from scf.settings import Train


@dataclass(frozen=True, slots=True)
class Known:
    """What the daemon knows before it decides: its intents, oldest first, and the best version."""

    intents: tuple[Intent, ...]
    best: Version | None
    best_config: Job | None


def fossils_due(intents: tuple[Intent, ...], minimum: int) -> int:
    """From how many fossils on another generation is due."""
    return (intents[-1].fossils if intents else 0) + minimum


def next_job(train: Train, dataset: Dataset, known: Known, code: str) -> Job:
    """The job of the next generation.

    It goes on from the best version, as long as that was trained by the same recipe and settings. After
    a failure it takes the next seed: the job that failed is over.
    """
    completed = [one for one in known.intents if one.stage is Stage.COMPLETE]
    before = known.best_config
    fits = before is not None and (before.model, before.recipe, before.config) == (
        train.model,
        train.recipe,
        train.config,
    )
    return Job(
        model=train.model,
        recipe=train.recipe,
        generation=1 + max((one.job.generation for one in completed), default=0),
        dataset=dataset.id,
        parent=known.best.checkpoint if known.best is not None and fits else None,
        config=train.config,
        seed=(train.seed + failures_in_a_row(known.intents)) % (1 << 32),
        code=code,
        budget=train.budget,
    )


def failures_in_a_row(intents: tuple[Intent, ...]) -> int:
    """How many of the newest intents failed."""
    return sum(1 for _ in takewhile(lambda one: one.stage is Stage.FAILED, reversed(intents)))
