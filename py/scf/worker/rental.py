"""What a job's rented machines cost, kept beside the job."""

from pydantic import Field

from scf.cid import Cid
from scf.contracts.base import Document
from scf.worker.errors import RunnerGivesUpError
from scf.worker.runpod_api import Pod

RENTAL = "worker.rental.json"


class Rented(Document):
    """A pod: from when to when it was ours, in seconds since 1970, and at what price."""

    pod: str
    dollars_an_hour: float = Field(ge=0)
    since: float
    until: float | None = None

    def dollars(self, now: float) -> float:
        """What it cost until it was given back, or so far."""
        until = now if self.until is None else self.until
        return self.dollars_an_hour * max(0.0, until - self.since) / 3600


class Rental(Document):
    """All pods of a job: `lost` of them were lost, and none is to be ours any more once `closed`."""

    job: Cid
    pods: tuple[Rented, ...] = ()
    lost: int = Field(default=0, ge=0)
    closed: bool = False
    given_up: str = ""
    """Why nothing will be rented for the job any more."""

    def check(self) -> None:
        """Raise RunnerGivesUpError when the job was given up."""
        if self.given_up:
            raise RunnerGivesUpError(self.given_up)

    @property
    def open(self) -> bool:
        """Whether there is a pod that was not given back."""
        return any(pod.until is None for pod in self.pods)

    def dollars(self, now: float) -> float:
        """What the job cost so far."""
        return sum(pod.dollars(now) for pod in self.pods)

    def having(self, pod: Pod, now: float) -> "Rental":
        """With this pod as the one that is ours."""
        if any(each.pod == pod.id and each.until is None for each in self.pods):
            return self
        rented = Rented(pod=pod.id, dollars_an_hour=pod.dollars_an_hour, since=pod.since(now))
        return self.model_copy(update={"pods": (*self.ended(now).pods, rented)})

    def ended(self, now: float, *, lost: int = 0, closed: bool = False) -> "Rental":
        """With all pods given back, `lost` of them because they were lost."""
        pods = tuple(each.model_copy(update={"until": each.until or now}) for each in self.pods)
        update = {"pods": pods, "lost": self.lost + lost, "closed": closed}
        return self.model_copy(update=update)
