"""Act: what is done with a job that is done. Each step finds its own work when it is taken again."""

import logging
from collections.abc import Callable
from pathlib import Path

from scf.attest.log import Log
from scf.attest.statement import Statement, Subject
from scf.clock import now
from scf.contracts.job import CHECKPOINT, Job, Result, Usage
from scf.drive import Drive, guarded
from scf.errors import RefusedError
from scf.ledger import Ledger, Work
from scf.places import run_folder
from scf.registry.held import held
from scf.registry.lineage import dataset_of
from scf.registry.mirrored import Mirrored
from scf.registry.registry import CHALLENGER, CHAMPION, Registry, Version
from scf.release.errors import ReleaseError
from scf.release.recover import recover
from scf.release.rule import MetricRule, choose
from scf.settings import Ledger as LedgerSettings
from scf.worker.folder import JOB, RunFolder
from scf.worker.measure import Who

LOG = logging.getLogger("scf")


class Finish:
    """Registers, attests, prefers and settles what workers bring, in this order."""

    def __init__(
        self,
        drive: Drive,
        *,
        registry: Registry,
        log: Log,
        ledger: Ledger,
        rule: MetricRule,
        baseline: LedgerSettings,
    ) -> None:
        self._drive = drive
        self._registry = registry
        self._log = log
        self._ledger = ledger
        self._rule = rule
        self._baseline = baseline

    def best(self, model: str) -> Version | None:
        """The version that is preferred so far."""
        return self._registry.alias(model, CHALLENGER)

    def newest(self, model: str) -> Version | None:
        """The version that was registered last."""
        versions = self._registry.versions(model)
        return versions[-1] if versions else None

    def fossils_of(self, version: Version) -> int:
        """From how many fossils a version came. Raises LineageError, DriveError."""
        return dataset_of(self._drive, version.dataset).records

    def recover(self, halted: Callable[[], bool]) -> None:
        """Put back what the registry lost. Raises HaltedError, ReleaseError, ForgedError, DriveError."""
        back = recover(self._drive, self._registry, self._log, rule=self._rule, halted=halted)
        for version in back:
            LOG.warning("%s: version %d was lost, and is back", version.model, version.version)

    def sweep(self) -> None:
        """Tell a registry that follows what it missed."""
        if isinstance(self._registry, Mirrored):
            self._registry.catch_up()

    @property
    def problem(self) -> str:
        """Why a registry that follows could not be told, when it last could not."""
        return self._registry.problem if isinstance(self._registry, Mirrored) else ""

    def in_use(self, model: str) -> Version | None:
        """The version that is in use, or else the one that is preferred so far."""
        return self._registry.alias(model, CHAMPION) or self.best(model)

    def job_of(self, version: Version) -> Job:
        """The job that a version came from. Raises DriveError, ContractError."""
        with guarded(self._drive.root):
            return Job.read(run_folder(self._drive, version.job) / JOB)

    def begin(self, job: Job) -> None:
        """Note in the ledger, before a job is sent, what such a job took until now, and that it begins."""
        if self._baseline.baseline_joules is not None:
            self._ledger.register_baseline(
                Work.of(job), self._baseline.baseline_joules, self._baseline.method
            )
        self._ledger.begin(job)

    def finish(self, job: Job, folder: Path, halted: Callable[[], bool], who: Who = "here") -> bool:
        """Take a job's checked folder in; False when `halted` said so between two steps.

        Who computed its figures is attested with them.

        Raises RefusedError, ContractError, DriveError and the errors of the log, the registry and the ledger.
        """
        result = Result.read(folder / "result.json")
        if result.job != job.id:
            raise RefusedError(f"the result in {folder} is of another job: {result.job}")
        # what is attested and released is the canonical form: another could not be proven later
        for name, document in (("result.json", result), ("job.json", job)):
            if (folder / name).read_bytes() != document.canonical():
                raise RefusedError(f"{name} in {folder} is not as it was written")
        steps: tuple[Callable[[], object], ...] = (
            lambda: self._registry.register(_version(job, result)),
            lambda: self._log.append(_checkpoint(job, result, who)),
            lambda: self._prefer(job.model),
            lambda: self._settle(job, folder),
        )
        for step in steps:
            if halted():
                return False
            step()
        return True

    def _prefer(self, model: str) -> None:
        versions = held(self._drive, self._registry.versions(model))
        try:
            best = choose(
                versions,
                self._rule.model_copy(update={"candidates": "all"}),
                champion=0,
                after=0,
                through=max((version.version for version in versions), default=0),
            )
        except ReleaseError:  # none has the metric: none is preferred
            return
        self._registry.point(model, CHALLENGER, best.version)

    def _settle(self, job: Job, folder: Path) -> None:
        usages = _whole_usages(folder)
        entry = self._ledger.settle(job, usages, RunFolder(folder).attempts())
        self._log.append(
            Statement(
                kind="ledger",
                subjects=(Subject(name="ledger", cid=entry.hash),),
                predicate={"index": entry.index, "job": job.id},
                at=now(),
            )
        )


def _whole_usages(folder: Path) -> list[Usage]:
    """What the attempts took that came to an end of their own.

    One that was killed left a figure from some seconds before: it counts as not measured.
    """
    run = RunFolder(folder)
    last = run.attempts()
    ended = {last} | {
        attempt
        for attempt in range(1, last)
        if any(
            (folder / f"{kind}-{attempt}.json").exists()
            for kind in ("stopped", "failure", "refused")
        )
    }
    return [usage for usage in run.usages() if usage.attempt in ended]


def _version(job: Job, result: Result) -> Version:
    return Version(
        model=job.model,
        version=1,
        generation=job.generation,
        checkpoint=result.checkpoint.cid,
        result=result.id,
        job=job.id,
        dataset=job.dataset,
        parent=job.parent,
        recipe=job.recipe,
        metrics=result.metrics,
    )


def _checkpoint(job: Job, result: Result, who: Who) -> Statement:
    return Statement(
        kind="checkpoint",
        subjects=(
            Subject(name=CHECKPOINT, cid=result.checkpoint.cid),
            Subject(name="result.json", cid=result.id),
            Subject(name="job.json", cid=job.id),
            Subject(name="dataset.json", cid=job.dataset),
        ),
        predicate={
            "model": job.model,
            "recipe": job.recipe,
            "generation": job.generation,
            "code": job.code,
            "metrics": dict(result.metrics),
            "measured": who,
        },
        at=now(),
    )
