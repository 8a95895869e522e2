"""The first process of the namespaces: builds the world, and has a part of ours measure in it."""

import sys
from pathlib import Path

from bench.rehearsal.breaking import break_everything
from bench.rehearsal.paths import measure
from bench.rehearsal.place import Place
from pydantic import BaseModel

from sovereign.errors import SovereignError
from sovereign.expectations.document import read
from sovereign.inventory.load import load
from sovereign.rehearse import cgroup
from sovereign.rehearse.job import Event, Job
from sovereign.rehearse.surroundings import surroundings
from sovereign.rehearse.world import build, wait_for_addresses

PARTS = {"throughput": measure, "faults": break_everything}


def main(part: str, found: Path, file: Path) -> int:
    """Do the job in a file and leave what was found; events go to standard output."""
    job = Job.model_validate_json(file.read_bytes())
    cgroup.enter(job.folder.name)
    try:
        found.write_bytes(PARTS[part](_place(job)))
    except SovereignError as error:
        _tell(Event(stage="end", seconds=0, problem=error.message))
        return 1
    _tell(Event(stage="end", seconds=0))
    return 0


def _place(job: Job) -> Place:
    variant = job.variants[0]
    document = read(variant.expectations)
    inventory = load(job.inventory)
    world = build(job, surroundings(inventory, job.host, document.expectations), _stage)
    _stage("furnish the host", None)
    problems = world.furnish(variant, tuple(variant.values))
    wait_for_addresses(world)
    # smbd binds the addresses that it finds when it starts: a tunnel's may have come later
    problems += world.furnish(variant, ("samba",))
    for problem in problems:
        print(problem, file=sys.stderr)
    return Place(world, document, inventory.hosts[job.host], lambda text: _stage(text, None))


def _stage(name: str, seconds: float | None) -> None:
    _tell(Event(stage=name, seconds=seconds))


def _tell(event: BaseModel) -> None:
    sys.stdout.write(f"{event.model_dump_json()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
