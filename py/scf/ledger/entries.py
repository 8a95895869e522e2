"""What the ledger's entries tell. All amounts are whole millijoules: the books hold no fractions."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.contracts.job import Job

Account = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9:._-]{0,126}$")]
"""An account. Credits come out of `mint`, which alone goes below zero; `spent` takes, and never gives."""

MINT = "mint"
SPENT = "spent"

Amount = Annotated[int, Field(ge=1, lt=1 << 53)]
Measure = Annotated[int, Field(ge=0, lt=1 << 53)]
Line = Annotated[str, Field(min_length=1, max_length=1024)]


def model_account(model: str) -> str:
    """The account that takes what the trainings of a model save."""
    return f"model:{model}"


class Work(Document):
    """What makes two trainings the same amount of work, whatever code does it and with which seed."""

    recipe: Name
    dataset: Cid
    config: dict[str, JsonValue] = Field(default_factory=dict)

    @classmethod
    def of(cls, job: Job) -> "Work":
        """The work of a job."""
        return cls(recipe=job.recipe, dataset=job.dataset, config=job.config)


class Posting(Document):
    """An amount in an account's favour, or, negative, to its debit."""

    account: Account
    millijoules: Annotated[int, Field(gt=-(1 << 53), lt=1 << 53)]


class Baseline(Document):
    """What work took until now, and how that was found; it holds for jobs that begin after it."""

    kind: Literal["baseline"] = "baseline"
    recipe: Name
    work: Cid
    millijoules: Amount
    method: Line


class Begun(Document):
    """A job was about to begin: later baselines are not for it."""

    kind: Literal["begun"] = "begun"
    job: Cid
    model: Name
    work: Cid


class Credit(Document):
    """A job saved energy: the baseline less all that its attempts took."""

    kind: Literal["credit"] = "credit"
    job: Cid
    baseline: Annotated[int, Field(ge=0)]
    """The index of the baseline's entry."""
    measured: Measure
    sources: tuple[Literal["rapl", "nvml"], ...] = Field(min_length=1)
    """How each attempt was measured, in order."""
    postings: tuple[Posting, Posting]


class Reason(StrEnum):
    """Why a job earned nothing. No figures: without counters, every run gives the same entry."""

    NO_START = "no-start"
    """The ledger was not told before the job began."""
    NO_BASELINE = "no-baseline"
    """None was registered for this work before the job began."""
    UNMEASURED = "unmeasured"
    """Not every attempt was measured all through: one was estimated, or was killed and left no figure."""
    NO_SAVING = "no-saving"
    """It took as much as the baseline, or more."""


class Refused(Document):
    """A job earned nothing."""

    kind: Literal["refused"] = "refused"
    job: Cid
    reason: Reason


class Transfer(Document):
    """Credits went from one account to another, once for each `reference`."""

    kind: Literal["transfer"] = "transfer"
    reference: Line
    postings: tuple[Posting, Posting]


Body = Annotated[Baseline | Begun | Credit | Refused | Transfer, Field(discriminator="kind")]
