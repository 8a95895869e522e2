"""A job that is done in namespaces of its own: started, listened to, ended."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from sovereign.errors import SovereignError
from sovereign.rehearse.job import Event
from sovereign.rehearse.namespace import isolated
from sovereign.rehearse.timed import Tell


class RehearsalError(SovereignError):
    """The world of the rehearsal could not be built."""

    code: ClassVar[str] = "REH001"


def do(module: str, words: Sequence[str], job: BaseModel, folder: Path, tell: Tell) -> None:
    """Have a module do the job, and pass on what it tells.

    It is called with the job's file behind `words`. Raises RehearsalError.
    """
    file = folder / "job.json"
    file.touch(mode=0o600)
    file.write_text(job.model_dump_json(), "utf-8")
    log = folder / "inside.log"
    process = isolated(module, (*words, str(file)), log=log)
    problem = "it ended before it was done"
    try:
        for line in process.lines():
            event = Event.model_validate_json(line)
            if event.stage == "end":
                problem = event.problem
            else:
                tell(event)
    finally:
        process.stop(grace=0)
    if problem:
        said = (log.read_text("utf-8", "replace").strip().splitlines() or [""])[-1]
        raise RehearsalError(f"the rehearsal failed: {problem}", hint=said or None)
