"""The first process of the rehearsal's namespaces: builds the world, tries each variant, and tells."""

import json
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from sovereign.errors import SovereignError
from sovereign.expectations.document import read
from sovereign.inventory.load import load
from sovereign.rehearse import cgroup
from sovereign.rehearse.honesty import stand_ins, unproven
from sovereign.rehearse.job import Event, Job, Variant
from sovereign.rehearse.surroundings import surroundings
from sovereign.rehearse.world import FastWorld, Timed, build, wait_for_addresses
from sovereign.run import run

_SUITE_S = 900


def main(file: Path) -> int:
    """Do the job in a file; events go to standard output, a line of JSON each."""
    job = Job.model_validate_json(file.read_bytes())
    cgroup.enter(job.folder.name)
    try:
        _rehearse(job)
    except SovereignError as error:
        _tell(Event(stage="end", seconds=0, problem=error.message))
        return 1
    _tell(Event(stage="end", seconds=0))
    return 0


def _rehearse(job: Job) -> None:
    first = job.variants[0]
    around = surroundings(load(job.inventory), job.host, read(first.expectations).expectations)
    world = build(job, around, _stage)
    for variant, following in pairwise((*job.variants, first)):
        everything = variant is first
        concerns = tuple(variant.values) if everything else variant.concerns
        with Timed(f"furnish {variant.name}", _stage):
            problems = world.furnish(variant, concerns)
            if everything:
                wait_for_addresses(world)
            _log(job, world, variant, problems)
        with Timed(f"check {variant.name}", _stage):
            done = run(
                tuple(suite_command(world, variant, concerns)), check=False, timeout=_SUITE_S
            )
            if not variant.results.exists():
                said = (done.err or done.out).strip().splitlines()[-1:] or ["it said nothing"]
                raise SovereignError(f"the suite did not run: {said[0]}")
        if not everything:
            # what the next one furnishes anyway is left to it
            world.furnish(first, tuple({*concerns} - {*following.concerns}))


def suite_command(world: FastWorld, variant: Variant, concerns: tuple[str, ...]) -> Iterator[str]:
    """Return how the suite looks at a variant in the world."""
    job = world.job
    yield from (sys.executable, "-P", "-m", "sovereign.suite")
    yield from ("--expectations", str(variant.expectations), "--inside", world.host.spec)
    for zone, machine in world.machines.items():
        yield from ("--from", f"{zone}={machine.spec}")
    document = read(variant.expectations)
    yield from ("--credentials", str(job.credentials), "--results", str(variant.results))
    yield from ("--unproven", _listed(job, "unproven", unproven(document)))
    yield from ("--stand-ins", _listed(job, "stand-ins", stand_ins(document, world.placed)))
    chosen = job.only if variant is job.variants[0] else concerns
    if chosen:
        yield from ("--only", ",".join(chosen))


def _listed(job: Job, name: str, rows: list[dict[str, str]]) -> str:
    file = job.folder / f"{name}.json"
    file.write_text(json.dumps(rows), "utf-8")
    return str(file)


def _log(job: Job, world: FastWorld, variant: Variant, problems: list[str]) -> None:
    """Keep what the host says of itself, and what could not be furnished."""
    journal = world.host.run(("journalctl", "--no-pager", "--boot"), check=False).out
    (job.folder / "host.journal.log").write_text(journal, "utf-8")
    if problems:
        (job.folder / f"{variant.name}.problems.json").write_text(json.dumps(problems), "utf-8")


def _stage(name: str, seconds: float | None) -> None:
    _tell(Event(stage=name, seconds=seconds))


def _tell(event: Event) -> None:
    sys.stdout.write(f"{event.model_dump_json()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main(Path(sys.argv[1])))
