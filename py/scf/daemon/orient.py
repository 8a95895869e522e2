"""Orient: what should be trained next, as a pure function of what there is."""

from dataclasses import dataclass
from itertools import takewhile

from scf.contracts.dataset import Dataset
from scf.contracts.job import Job
from scf.daemon.journal import Intent, Stage
from scf.errors import ScfError
from scf.registry.registry import Version
from scf.settings import Train


class OrientError(ScfError):
    """Settings that no job follows from: a student without a teacher, a model of another recipe."""

    code = "SCF084"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a job is decided on: the model's intents, oldest first, and versions."""

    intents: tuple[Intent, ...]
    best: Version | None
    best_job: Job | None
    teacher: Version | None = None
    newest: Version | None = None


def that_count(intents: tuple[Intent, ...], model: str, code: str) -> tuple[Intent, ...]:
    """The intents about one model, without what other code failed at: an upgrade begins anew."""
    return tuple(
        intent
        for intent in intents
        if intent.job.model == model
        and (intent.stage is not Stage.FAILED or intent.job.code == code)
    )


def fossils_due(intents: tuple[Intent, ...], minimum: int, trained: int = 0) -> int:
    """From how many fossils on another generation is due; the newest version had `trained`."""
    return max(trained, intents[-1].fossils if intents else 0) + minimum


def next_job(train: Train, dataset: Dataset, known: Known, code: str) -> Job:
    """The job of the next generation.

    A student's parent is its teacher. Others go on from the best version, as long as that was trained by
    the same recipe and settings. After a failure the next seed is taken: the job that failed is over.
    Raises OrientError.
    """
    if known.newest is not None and known.newest.recipe != train.recipe:
        raise OrientError(
            f"{train.model} is trained by the recipe {known.newest.recipe}, not by {train.recipe}",
            hint="give what another recipe trains another name: model",
        )
    generations = [one.job.generation for one in known.intents if one.stage is Stage.COMPLETE]
    # a journal that was lost knows of none; the registry does
    generations += [known.newest.generation] if known.newest is not None else []
    return Job(
        model=train.model,
        recipe=train.recipe,
        generation=1 + max(generations, default=0),
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
            raise OrientError(
                f"{train.teacher}, the teacher, has no version", hint="train the teacher first"
            )
        return known.teacher.checkpoint
    before = known.best_job
    if known.best is None or before is None:
        return None
    same = (before.recipe, before.config) == (train.recipe, train.config)
    return known.best.checkpoint if same else None
