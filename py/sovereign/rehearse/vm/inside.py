"""The first process of the vm tier's namespaces: runs its stages, and tells."""

import os
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from sovereign.errors import SovereignError
from sovereign.rehearse.job import Event
from sovereign.rehearse.vm.run import Tier, run_vm
from sovereign.run import run


class VmJob(BaseModel):
    """What the stages need: the project, the host, the run folder and the cache of roots."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Path
    host: str
    folder: Path
    cache: Path
    only: tuple[str, ...] = ()


def main(file: Path) -> int:
    """Do the job in a file; events go to standard output, a line of JSON each."""
    job = VmJob.model_validate_json(file.read_bytes())
    run(("ip", "link", "set", "lo", "up"))
    # a /run of our own, in memory: what is kept for a moment needs a short path for its sockets
    run(("mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", "/run"))
    os.environ["TMPDIR"] = "/run"
    tier = Tier(job.project, job.host, job.folder, job.cache, lambda text: _tell(Event(stage=text)))
    try:
        for result in run_vm(tier, job.only):
            _tell(Event(stage=f"stage {result.name}", seconds=result.seconds))
    except SovereignError as error:
        _tell(Event(stage="end", seconds=0, problem=error.message))
        return 1
    _tell(Event(stage="end", seconds=0))
    return 0


def _tell(event: Event) -> None:
    sys.stdout.write(f"{event.model_dump_json()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
