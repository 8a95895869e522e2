"""Versions to register, made of what a test counts."""

from scf.cid import cid_of
from scf.contracts.job import Budget, Job
from scf.registry.registry import Version


def job(number: int, model: str = "energy") -> Job:
    return Job(
        model=model,
        recipe="ebdm",
        generation=number,
        dataset=cid_of(b"dataset"),
        config={"width": 128, "sigmas": [4.0, 0.05], "ema": True},
        seed=number,
        code="revision",
        budget=Budget(seconds=60.0),
    )


def draft(number: int, model: str = "energy", **metrics: float) -> Version:
    return Version(
        model=model,
        version=1,
        generation=number,
        checkpoint=cid_of(f"checkpoint {number}".encode()),
        result=cid_of(f"result {number}".encode()),
        job=job(number, model).id,
        dataset=cid_of(b"dataset"),
        parent=cid_of(f"checkpoint {number - 1}".encode()) if number > 1 else None,
        recipe="ebdm",
        metrics=metrics or {"loss": 1 / number, "kl": 0.1 + 0.2, "tiny": 5e-324, "steps": 1e17},
    )
