"""Figures computed again on this machine: what another one says of its model is not believed.

A worker is started as for a training; it measures the checkpoint instead, in a folder of its own within
the run's, and its result is compared with the one that came.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from emily.files import replacing
from scf.contracts.job import CHECKPOINT, Job, Result
from scf.drive import Drive, guarded
from scf.errors import RefusedError
from scf.training.task import Beat, Outcome, Recipe, Task, lacks, measure
from scf.training.tolerance import differing
from scf.worker.folder import MEASURE, RESULT, RunFolder
from scf.worker.local import LocalRunner
from scf.worker.runner import Phase, Runner, RunnerError, State
from scf.worker.runs import Runs

Which = Literal["elsewhere", "always", "never"]
"""What is measured: what another machine made, every result, none."""
Who = Literal["here", "worker"]
"""Who computed the figures that are kept: this machine, or a worker elsewhere, which is believed."""


class MeasuringRunner(LocalRunner):
    """Has checkpoints measured by processes of this machine; each is replaced as a worker is."""

    name = "measure"

    def _more(self, run: RunFolder) -> list[str | Path]:
        return ["--measure", run.path.parent / CHECKPOINT]


class Verifier:
    """Sees to it that the figures of a run are borne out before anything rests on them; `runner` measures."""

    def __init__(
        self,
        drive: Drive,
        runner: Runner,
        which: Which = "elsewhere",
        lacking: Callable[[str], str] = lacks,
    ) -> None:
        self._drive = drive
        self.runner = runner
        self._which = which
        self._lacking = lacking
        self._runs = Runs(drive)

    def refusal(self, recipe: str) -> str:
        """Why this machine cannot measure what comes from elsewhere, although it must."""
        missing = "" if self._which == "never" else self._lacking(recipe)
        if not missing:
            return ""
        return (
            f"the figures of {recipe} cannot be computed again here: {missing} is not installed;"
            ' with measure = "never" they would be believed'
        )

    def who(self, job: Job) -> Who:
        """Who computed the figures of a run that `look` found DONE. Raises DriveError, ContractError."""
        believed = self._which == "never" and not self._made_here(job)
        return "worker" if believed else "here"

    def look(self, job: Job) -> State:
        """How far the figures of a job that is done are: DONE when they are borne out or need not be.

        Raises RunnerError, RefusedError, ContractError, DriveError.
        """
        if self._which == "never" or (self._which == "elsewhere" and self._made_here(job)):
            return State(Phase.DONE)
        if reason := self.refusal(job.recipe):
            return State(Phase.WAITING, reason=reason)
        state = self.runner.look(job)
        if state.phase is Phase.ABSENT:
            try:
                self.runner.submit(job)
            except RunnerError as error:
                return State(Phase.FAILED, reason=f"it cannot be measured: {error.message}")
            return State(Phase.WAITING)
        if state.phase is Phase.FAILED:
            return State(Phase.FAILED, reason=f"it was measured here, in vain: {state.reason}")
        if state.phase is Phase.DONE:
            return self._compare(job)
        return state

    def _compare(self, job: Job) -> State:
        claimed, run = self._result(job), self._runs.of(job)
        with guarded(self._drive.root):
            found = Result.read(run.path / MEASURE / RESULT)
        if found.checkpoint != claimed.checkpoint:
            reason = f"another checkpoint was measured here: {found.checkpoint.cid}"
            return State(Phase.FAILED, reason=reason)
        if why := differing(job.recipe, claimed.metrics, found.metrics):
            return State(Phase.FAILED, reason=f"its figures are not borne out: {why}")
        return State(Phase.DONE)

    def _made_here(self, job: Job) -> bool:
        with guarded(self._drive.root):
            return self._runs.of(job).made_here(self._result(job))

    def _result(self, job: Job) -> Result:
        with guarded(self._drive.root):
            result = Result.read(self._runs.of(job).path / RESULT)
        if result.job != job.id:
            raise RefusedError(f"{RESULT} is of another job: {result.job}")
        return result


def measuring(checkpoint: Path) -> Callable[[str], Recipe]:
    """Recipes that measure this checkpoint instead of training one: the outcome holds it, unchanged."""

    def named(name: str) -> Recipe:
        figures = measure(name)

        def recipe(task: Task, beat: Beat) -> Outcome:
            _link(checkpoint, task.out / CHECKPOINT)
            return Outcome(figures(task, beat), (CHECKPOINT,))

        return recipe

    return named


def _link(source: Path, place: Path) -> None:
    """The same file under another name, a copy where the file system has no such links."""
    place.unlink(missing_ok=True)
    try:
        place.hardlink_to(source)
    except OSError:
        with source.open("rb") as file, replacing(place) as copy:
            shutil.copyfileobj(file, copy)
