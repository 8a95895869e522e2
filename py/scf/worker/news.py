"""What is known of a worker on another machine: kept beside the job by what carries its files."""

from scf.cid import Cid
from scf.contracts.base import Document
from scf.contracts.job import Failure, Heartbeat

NEWS = "worker.news.json"


class News(Document):
    """How far the worker in a pod is, as of the last time that it was heard."""

    job: Cid
    pod: str
    ready: bool = False
    """Whether everything it needs is there."""
    beat: Heartbeat | None = None
    failure: Failure | None = None
    refusal: Failure | None = None
    """Why the machine did not begin."""
    trouble: str = ""
    """Why it cannot be reached now."""
    wrong: str = ""
    """Why what it says, or what it made, is refused."""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to hear."""
        return self.failure is not None or self.refusal is not None or self.wrong != ""
