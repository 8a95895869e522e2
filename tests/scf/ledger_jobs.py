"""Jobs that save energy, and what they took."""

from scf.cid import cid_of
from scf.contracts.job import Budget, Job, Usage
from scf.ledger import Work


def job(number: int = 1, *, model: str = "energy", steps: int = 3000) -> Job:
    """Another seed is another job of the same work; other steps are other work."""
    return Job(
        model=model,
        recipe="ebdm",
        generation=1,
        dataset=cid_of(b"dataset"),
        config={"steps": steps, "sigmas": [4.0, 0.05]},
        seed=number,
        code="revision",
        budget=Budget(seconds=60.0),
    )


WORK = Work.of(job())


def usage(of: Job, joules: float, *, attempt: int = 1, source: str = "rapl") -> Usage:
    return Usage.model_validate(
        {
            "job": of.id,
            "attempt": attempt,
            "seconds": 1.0,
            "joules": joules,
            "source": source,
        }
    )
