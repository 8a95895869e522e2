"""The recipe `distill`: a small or ternary student of an energy model, and the quality that it lost.

The job's `parent` is the teacher's checkpoint. The student's figures have the names that `ebdm` gives
them, the teacher's the same with `teacher_` before; `quality_ratio` is the worst of the student's over
the teacher's, so 1.1 and less is within a tenth. `dsm` hides most differences behind the noise of its
target, so nothing rests on it alone.
"""

from collections.abc import Callable
from functools import partial

from scf.contracts.job import CHECKPOINT
from scf.training.densities.density import Density
from scf.training.densities.shapes import DENSITIES
from scf.training.device import chosen, measuring
from scf.training.distill.card import Card
from scf.training.distill.checkpoint import load, save
from scf.training.distill.config import Config, configured
from scf.training.distill.figures import distance, figures, quality_ratio
from scf.training.distill.fit import Lesson, fit
from scf.training.ebdm.checkpoint import Card as TeacherCard
from scf.training.ebdm.checkpoint import CheckpointError, load_with_card
from scf.training.ebdm.fit import deterministic
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.points import Split, Survey, survey
from scf.training.ebdm.state import State
from scf.training.task import Beat, Outcome, RecipeError, Task


def train(task: Task, beat: Beat) -> Outcome:
    """Train, or go on training, a student.

    The same job gives the same bytes, interrupted or not. Raises RecipeError, CheckpointError,
    ShardError, and what `beat` raises.
    """
    config = configured(task.job)
    device = chosen(config.device)
    with deterministic():
        beat(0, config.steps)
        teacher, taught = _teacher(task)
        teacher.to(device)
        known = survey(task.dataset, task.shards, Split(config.held_out))
        density = _density(config, known, teacher)
        model = _pupil(teacher, config, task.job.seed).to(device)
        state = State(model, seed=task.job.seed)
        state.take_up(task.out, task.job.id)
        points = teacher.points(known.held_out)
        lesson = Lesson(teacher, taught.sigma_min, taught.sigma_max, points, config)
        fit(state, task, lesson, beat)
        path = task.out / CHECKPOINT
        save(path, state.averaged(), _card(task, config, model, taught))
        student, _ = load(path)  # what is measured is what is served
        metrics = _measure(task, config, (student.to(device), teacher), taught, known, density)
        beat(config.steps, config.steps)
    return Outcome(metrics, (CHECKPOINT,))


def measure(task: Task, beat: Beat) -> dict[str, float]:
    """The figures of the run's checkpoint. Raises RecipeError, CheckpointError, TensorsError, ShardError."""
    config = configured(task.job)
    device = measuring(config.device)
    with deterministic():
        beat(0, 1)
        teacher, taught = _teacher(task)
        student, card = load(task.out / CHECKPOINT)
        shape = config.shape(teacher.shape)
        if (card, student.shape) != (_card(task, config, student, taught), shape):
            raise CheckpointError("the checkpoint does not say of itself what the job does")
        known = survey(task.dataset, task.shards, Split(config.held_out))
        density = _density(config, known, teacher)
        models = (student.to(device), teacher.to(device))
        found = _measure(task, config, models, taught, known, density, partial(beat, 0, 1))
        beat(1, 1)
    return found


def _teacher(task: Task) -> tuple[EnergyModel, TeacherCard]:
    if task.job.parent is None or task.parent is None:
        raise RecipeError("distill: the teacher is missing", hint="name its checkpoint as parent")
    teacher, taught = load_with_card(task.parent)
    if taught.objective != "conditional":
        raise RecipeError(
            f"distill: the teacher is {taught.objective}: it knows the energy of one noise level",
            hint='teach with objective = "conditional"',
        )
    return teacher, taught


def _pupil(teacher: EnergyModel, config: Config, seed: int) -> EnergyModel:
    """A new network that sees what its teacher sees: the same scale and the same waves."""
    model = EnergyModel(config.shape(teacher.shape), seed=seed)
    model.fit_scale(teacher.centre, float(teacher.spread))
    model.frequencies.copy_(teacher.frequencies)
    model.levels.copy_(teacher.levels)
    return model


def _card(task: Task, config: Config, model: EnergyModel, taught: TeacherCard) -> Card:
    job = task.job
    return Card(
        form=config.form,
        shape=model.shape,
        sigma_min=taught.sigma_min,
        sigma_max=taught.sigma_max,
        model=job.model,
        generation=job.generation,
        job=job.id,
        dataset=job.dataset,
        lineage=(*taught.lineage, job.parent or ""),
    )


def _measure(
    task: Task,
    config: Config,
    models: tuple[EnergyModel, EnergyModel],
    taught: TeacherCard,
    known: Survey,
    density: Density | None,
    alive: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    alive()
    held_out, seed = models[0].points(known.held_out), task.job.seed
    (student, own), (teacher, others) = (
        (model, figures(model, taught, held_out, density, config, seed=seed, alive=alive))
        for model in models
    )
    sizes = [path.stat().st_size for path in (task.out / CHECKPOINT, task.parent) if path]
    return {
        **own,
        **{f"teacher_{name}": value for name, value in others.items()},
        **distance(student, teacher, taught, held_out, seed=seed),
        "quality_ratio": quality_ratio(own, others),
        "bytes": float(sizes[0]),
        "teacher_bytes": float(sizes[1]),
        "parameters": float(sum(value.numel() for value in student.parameters())),
        "teacher_parameters": float(sum(value.numel() for value in teacher.parameters())),
    }


def _density(config: Config, known: Survey, teacher: EnergyModel) -> Density | None:
    if known.dimensions != teacher.shape.dimensions:
        raise RecipeError(
            f"distill: the teacher's points have {teacher.shape.dimensions} numbers, "
            f"the dataset's {known.dimensions}"
        )
    if config.density is None:
        return None
    if known.dimensions != 2:
        raise RecipeError(f"distill: {config.density} is in the plane, the points are not")
    return DENSITIES[config.density]()
