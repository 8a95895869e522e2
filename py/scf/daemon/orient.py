"""Orient: what should be trained next, as a pure function of what there is."""

from dataclasses import dataclass
from itertools import takewhile

from scf.contracts.dataset import Dataset
from scf.contracts.job import Job
from scf.daemon.journal import Intent, Stage
from scf.errors import ScfError
from scf.registry.registry import Version
from scf.settings import Train


class TeacherError(ScfError):
    """A student without a teacher."""

    code = "SCF084"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a job is decided on: the model's intents, oldest first, and versions."""

    intents: tuple[Intent, ...]
    best: Version | None
    best_job: Job | None
    teacher: Version | None = None


def of_model(intents: tuple[Intent, ...], model: str) -> tuple[Intent, ...]:
    """The intents that are about one model."""
    return tuple(intent for intent in intents if intent.job.model == model)


def fossils_due(intents: tuple[Intent, ...], minimum: int) -> int:
    """From how many fossils on another generation is due."""
    return (intents[-1].fossils if intents else 0) + minimum


def next_job(train: Train, dataset: Dataset, known: Known, code: str) -> Job:
    """The job of the next generation.

    A student's parent is its teacher. Others go on from the best version, as long as that was trained by
    the same recipe and settings. After a failure the next seed is taken: the job that failed is over.
    Raises TeacherError.
    """
    completed = [one for one in known.intents if one.stage is Stage.COMPLETE]
    return Job(
        model=train.model,
        recipe=train.recipe,
        generation=1 + max((one.job.generation for one in completed), default=0),
        dataset=dataset.id,
        parent=_parent(train, known),
        config=train.config,
        seed=(train.seed + failures_in_a_row(known.intents)) % (1 << 32),
        code=code,
        budget=train.budget,
    )


def failures_in_a_row(intents: tuple[Intent, ...]) -> int:
    """How many of the newest intents failed."""
    return sum(1 for _ in takewhile(lambda one: one.stage is Stage.FAILED, reversed(intents)))


def _parent(train: Train, known: Known) -> str | None:
    if train.teacher is not None:
        if known.teacher is None:
            raise TeacherError(
                f"{train.teacher}, the teacher, has no version", hint="train the teacher first"
            )
        return known.teacher.checkpoint
    before = known.best_job
    if known.best is None or before is None:
        return None
    same = (before.recipe, before.config) == (train.recipe, train.config)
    return known.best.checkpoint if same else None
