"""How many workers in a row died at a job without getting any further.

Kept beside the job: what takes the machine down with it takes the daemon's memory too.
"""

from pydantic import Field

from scf.cid import Cid
from scf.contracts.base import Document
from scf.contracts.job import Step

TRIES = "worker.tries.json"
MOST = 5
"""So many may: machines lose their power, and people kill."""


class Tries(Document):
    """As of the last start of a worker."""

    job: Cid
    attempts: int = Field(default=0, ge=0)
    """So many had been begun then."""
    step: Step = 0
    """The furthest that any worker was seen at."""
    died: int = Field(default=0, ge=0)
    """Workers in a row that ended unasked, and no further than `step`."""

    def again(self, attempts: int, step: int, *, asked: bool) -> "Tries":
        """As of another start: the worker before it was seen at `step`, and was asked to end or died."""
        further = step > self.step
        died = 0 if further else self.died + (not asked)
        return Tries(job=self.job, attempts=attempts, step=max(step, self.step), died=died)

    @property
    def too_many(self) -> str:
        """Why there is to be no other worker, when there is not."""
        if self.died <= MOST:
            return ""
        return f"{self.died} workers in a row died, and none got further than step {self.step}"
