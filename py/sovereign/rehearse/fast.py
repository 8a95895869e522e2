"""The fast tier, from the project to results: keys, evaluation, then the world in its namespaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sovereign.errors import SovereignError
from sovereign.expectations.document import Document
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import Inventory
from sovereign.rehearse.follow import do
from sovereign.rehearse.job import FarKey, Job, Variant
from sovereign.rehearse.keys import Keys, make_keys
from sovereign.rehearse.project import copy_project
from sovereign.rehearse.surroundings import Surroundings, surroundings
from sovereign.rehearse.timed import Tell, told
from sovereign.rehearse.values import evaluate


@dataclass(frozen=True, slots=True)
class Trial:
    """A project to try: its name, where it lies, and the concerns in which it differs."""

    name: str
    project: Path
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """Where a trial's results are, or, without a file, why there are none."""

    name: str
    results: Path
    refused: str = ""


def rehearse_fast(
    inventory: Inventory,
    host: str,
    *,
    roots: Sequence[Path],
    folder: Path,
    only: Sequence[str] = (),
    trials: Sequence[Trial] = (),
    tell: Tell,
) -> tuple[Tried, ...]:
    """Rehearse a host, then each trial of it, in `folder`.

    `roots` are layers of the machines' root, the lowest last: the distribution's. `only` are the
    concerns that are checked; all are furnished.

    Raises RehearsalError, EvaluationError, ProgramError.
    """
    job, tried = prepare(
        inventory, host, roots=roots, folder=folder, only=only, trials=trials, tell=tell
    )
    do("sovereign.rehearse.inside", (), job, folder, tell)
    return tried


def prepare(
    inventory: Inventory,
    host: str,
    *,
    roots: Sequence[Path],
    folder: Path,
    only: Sequence[str] = (),
    trials: Sequence[Trial] = (),
    tell: Tell,
) -> tuple[Job, tuple[Tried, ...]]:
    """Make keys, evaluate the host and its trials, and say what is to be done.

    Raises EvaluationError and ProgramError; a trial that does not evaluate is refused.
    """
    document = expect_host(inventory, host)
    around = surroundings(inventory, host, document.expectations)
    private = folder / "private"
    private.mkdir(mode=0o700)
    with told("make keys", tell):
        keys = make_keys(inventory, around, roots[-1], private)
    everything = (Trial(host, inventory.root), *trials)
    variants: list[Variant] = []
    tried: list[Tried] = []
    for trial in everything:
        results = folder / f"{trial.name}.results.json"
        try:
            with told(f"evaluate {trial.name}", tell):
                variants.append(_variant(trial, host, document, keys, folder, results))
        except SovereignError as error:
            if trial is everything[0]:
                raise
            tried.append(Tried(trial.name, results, error.message))
            continue
        tried.append(Tried(trial.name, results))
    job = Job(
        roots=tuple(roots),
        only=tuple(only),
        inventory=folder / host,
        host=host,
        folder=folder,
        secrets=dict(keys.secrets),
        far_keys=_far_keys(around, keys),
        credentials=keys.leave_credentials(private / "credentials"),
        variants=tuple(variants),
    )
    return job, tuple(tried)


def _variant(
    trial: Trial, host: str, document: Document, keys: Keys, folder: Path, results: Path
) -> Variant:
    """Copy a project with our keys in it and evaluate it; what must be true stays as it was."""
    copy = folder / trial.name
    copy_project(trial.project, copy, keys)
    expectations = folder / f"{trial.name}.expectations.json"
    expectations.write_text(keys.substitute(document.text()), "utf-8")
    values = evaluate(copy, host)
    return Variant(
        name=trial.name,
        values={name: dict(value) for name, value in values.items()},
        concerns=trial.concerns,
        expectations=expectations,
        results=results,
    )


def _far_keys(around: Surroundings, keys: Keys) -> dict[str, FarKey]:
    found = {}
    for end in around.far_ends:
        ours = keys.replaced[end.public_key]
        shared = keys.secrets[end.preshared_key.path] if end.preshared_key else ""
        found[end.name] = FarKey(private_key=keys.private[ours], preshared_key=shared)
    return found
