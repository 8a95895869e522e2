"""The vm tier, from the project to results: its roots and one evaluation, then its stages in namespaces."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sovereign.inventory.load import Inventory
from sovereign.rehearse import debian
from sovereign.rehearse.follow import do
from sovereign.rehearse.job import Event
from sovereign.rehearse.keys import NO_KEYS
from sovereign.rehearse.project import copy_project
from sovereign.rehearse.timed import Tell, told
from sovereign.rehearse.values import evaluate
from sovereign.rehearse.vm.inside import VmJob
from sovereign.rehearse.vm.proof import Proof, StageResult
from sovereign.rehearse.vm.root import VM
from sovereign.rehearse.vm.run import FIRMWARE, STAGES
from sovereign.run import run
from sovereign.suite.result import Result, Results

RUN = "vm.json"
_STAGE = TypeAdapter(StageResult)


class VmRun(BaseModel):
    """A run of the tier: the commit of the project, and every stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    stages: tuple[StageResult, ...]


def rehearse_vm(
    inventory: Inventory,
    host: str,
    *,
    cache: Path,
    folder: Path,
    only: Sequence[str] = (),
    tell: Tell,
) -> Results:
    """Run stages of the vm tier, or all, in `folder`; each proof is a result of its stage.

    Raises RehearsalError, RootError, EvaluationError, UsageError.
    """
    for recipe in (VM, FIRMWARE):
        debian.root(cache, recipe, lambda text: tell(Event(stage=text)))
    project = folder / "project"
    copy_project(inventory.root, project, NO_KEYS)
    with told(f"evaluate {host}", tell):
        # what Nix fetches it fetches now: the stages have no network
        evaluate(project, host)
    job = VmJob(project=project, host=host, folder=folder, cache=cache, only=tuple(only))
    do("sovereign.rehearse.vm.inside", (), job, folder, tell)
    stages = _stages(folder)
    whole = VmRun(commit=_commit(inventory.root), stages=stages)
    (folder / RUN).write_text(whole.model_dump_json(indent=1), "utf-8")
    proofs = ((stage.name, proof) for stage in stages for proof in stage.proofs)
    return Results(host=host, results=tuple(_result(stage, proof) for stage, proof in proofs))


def stage_names() -> tuple[str, ...]:
    """What can be chosen."""
    return tuple(STAGES)


def _stages(folder: Path) -> tuple[StageResult, ...]:
    """Read what the stages left, in the order in which they ended."""
    left = (file for file in folder.glob("*.json") if file.name != "job.json")
    ordered = sorted(left, key=lambda file: file.stat().st_mtime_ns)
    return tuple(_STAGE.validate_json(file.read_bytes()) for file in ordered)


def _commit(root: Path) -> str:
    """Name the commit that the project is at; with `+` where files differ from it."""
    done = run(("git", "-C", root, "describe", "--always", "--dirty=+", "--abbrev=12"), check=False)
    return done.out.strip() or "none"


def _result(stage: str, proof: Proof) -> Result:
    return Result(
        id=proof.name,
        type=stage,
        concern=stage,
        key=proof.key,
        shared=proof.shared,
        outcome=proof.outcome,
        message=proof.message if proof.outcome != "passed" else "",
        seconds=proof.seconds,
        stand_in=proof.stand_in,
    )
