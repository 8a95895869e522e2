"""Trainings that somebody asks for, and what the daemon answers: both in its journal, so that a crash loses none."""

from dataclasses import dataclass

from scf.cid import Cid
from scf.contracts.base import Document
from scf.contracts.job import Job
from scf.daemon.control import Order
from scf.daemon.journal import LOST, Journal, JournalError
from scf.errors import ContractError
from scf.settings import Train

_ASKED, _ANSWER = "asked", "answer"


@dataclass(frozen=True, slots=True)
class Request:
    """A generation that is to be trained now; `order` is that which asked for it, by its id."""

    train: Train
    order: str | None = None

    def is_met_by(self, job: Job) -> bool:
        """Whether this job is what is asked for."""
        train = self.train
        return (job.model, job.recipe, job.config) == (train.model, train.recipe, train.config)


class Answer(Document):
    """What became of an order to train: the job that was planned for it, or why there is none."""

    order: Cid
    job: Cid | None = None
    reason: str = ""


def answered(request: Request, job: Job | None = None, reason: str = "") -> dict[str, str]:
    """The marks of a journal once a request is answered: nothing is asked any more."""
    if request.order is None:
        return {_ASKED: ""}
    answer = Answer(order=request.order, job=job.id if job else None, reason=reason)
    return {_ASKED: "", _ANSWER: answer.canonical().decode()}


def asked(journal: Journal) -> Request | None:
    """What is asked for and was not answered yet. Raises JournalError."""
    order = _order(journal)
    return Request(order.train, order.id) if order and order.train else None


def answer_to(order: Order, journal: Journal) -> Answer | None:
    """The answer to an order, None while there is none. Raises JournalError."""
    text = journal.mark(_ANSWER)
    try:
        answer = Answer.parse(text, source="the answer") if text else None
    except ContractError as error:
        raise JournalError(f"the journal's marks: {error.message}", hint=LOST) from None
    return answer if answer is not None and answer.order == order.id else None


def waits(order: Order, journal: Journal) -> bool:
    """Whether an order was obeyed and has no answer yet. Raises JournalError."""
    return _order(journal) == order


def _order(journal: Journal) -> Order | None:
    text = journal.mark(_ASKED)
    try:
        return Order.parse(text, source="the order") if text else None
    except ContractError as error:
        raise JournalError(f"the journal's marks: {error.message}", hint=LOST) from None
