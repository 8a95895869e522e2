"""A home and a drive with a few fossils, and a runner whose jobs end when a test says so."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scf.cid import cid_of
from scf.contracts.job import CHECKPOINT, FileRef, Job, Result
from scf.daemon.build import Parts, rule
from scf.daemon.finish import Finish
from scf.daemon.home import make
from scf.daemon.loop import Daemon
from scf.drive import Drive, Partition
from scf.settings import Home
from scf.vault import Vault
from scf.vault.sources import source_of
from scf.vault.verifiers import AnyBytes
from scf.worker.folder import MADE, Made
from scf.worker.measure import Verifier
from scf.worker.runner import Phase, Runner, RunnerError, State

SETTINGS = """
drive = "../drive"
gear = "{gear}"
[train]
minimum = 10
budget = {{ seconds = 60.0 }}
[promote]
metric = "dsm"
"""


def home(folder: Path, *, gear: str = "SINGULARITY") -> Home:
    """A home and a drive beside each other."""
    made = Home(folder / "home")
    make(made, folder / "drive", SETTINGS.format(gear=gear))
    return made


def ingest(home: Home, values: Iterable[int], name: str = "source") -> None:
    """Put one fossil for each number into the vault."""
    source = home.folder / f"{name}.ndjson"
    source.write_text("".join(json.dumps({"number": value}) + "\n" for value in values), "utf-8")
    vault = Vault.open(Drive.open(home.settings().drive))
    vault.ingest(source_of(source), AnyBytes())
    vault.close()


@dataclass
class FakeRunner:
    """Takes every job, and holds it until `done` or `failed` is told."""

    drive: Drive
    name: str = "fake"
    refuses: str = ""
    elsewhere: bool = False
    jobs: dict[str, Job] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    submitted: int = 0
    cancelled: int = 0

    def submit(self, job: Job) -> None:
        """Take a job."""
        if self.refuses:
            raise RunnerError(self.refuses)
        self.submitted += 1
        self.jobs[job.id] = job
        if self.look(job).phase is Phase.ABSENT:
            self.states[job.id] = State(Phase.RUNNING)
        folder = self.fetch(job)
        self.drive.write(folder / "job.json", job.canonical())

    def look(self, job: Job) -> State:
        """The state that was told."""
        return self.states.get(job.id, State(Phase.ABSENT))

    def fetch(self, job: Job) -> Path:
        """The run's folder."""
        return self.drive.folder(Partition.MODEL_ZOO, "runs", job.id)

    def cancel(self, job: Job) -> None:
        """Forget where a job is."""
        self.cancelled += 1
        self.states.pop(job.id, None)

    def sweep(self) -> None:
        """Nothing is held."""

    def done(self, metrics: dict[str, float]) -> Job:
        """Let the newest job end well."""
        job = list(self.jobs.values())[-1]
        folder = self.fetch(job)
        data = f"model of {job.id}".encode()
        self.drive.write(folder / CHECKPOINT, data)
        file = FileRef(name=CHECKPOINT, cid=cid_of(data), bytes=len(data))
        result = Result(job=job.id, metrics=metrics, files=(file,))
        if not self.elsewhere:
            self.drive.write(folder / MADE, Made(result=result.id).canonical())
        self.drive.write(folder / "result.json", result.canonical())
        self.states[job.id] = State(Phase.DONE)
        return job

    def failed(self, reason: str) -> None:
        """Let the newest job fail."""
        job = list(self.jobs.values())[-1]
        self.states[job.id] = State(Phase.FAILED, reason=reason)


def daemon(
    home: Home, *runners: Runner, code: str = "1", measuring: Runner | None = None
) -> tuple[Daemon, Parts]:
    """A daemon as after a start, on these runners."""
    parts = Parts.open(home)
    finish = Finish(
        parts.drive,
        registry=parts.registry,
        log=parts.log,
        ledger=parts.ledger,
        rule=rule(parts.settings.promote),
        baseline=parts.settings.ledger,
    )
    return (
        Daemon(
            home,
            parts.settings,
            drive=parts.drive,
            vault=parts.vault,
            runners=runners,
            verifier=Verifier(
                parts.drive, measuring or FakeRunner(parts.drive, "measure"), parts.settings.measure
            ),
            finish=finish,
            code=code,
        ),
        parts,
    )
