"""The books: what the entries come to, and which entry may come next. Everything is kept by index."""

from collections import defaultdict

from scf.errors import RefusedError
from scf.ledger.chain import GENESIS, Entry
from scf.ledger.entries import (
    MINT,
    SPENT,
    Baseline,
    Begun,
    Credit,
    Posting,
    Refused,
    Transfer,
    model_account,
)


class Books:
    """All entries up to now, summed up."""

    def __init__(self) -> None:
        self.size = 0
        self.head = GENESIS
        self.balances: defaultdict[str, int] = defaultdict(int)
        self.begun: dict[str, tuple[int, Begun]] = {}
        self.settled: dict[str, int] = {}
        self.transfers: dict[str, int] = {}
        self._baselines: dict[str, list[tuple[int, Baseline]]] = {}

    def baseline(self, work: str, before: int | None = None) -> tuple[int, Baseline] | None:
        """The last baseline for this work, of those with an index below `before`."""
        fitting = (
            each
            for each in reversed(self._baselines.get(work, ()))
            if before is None or each[0] < before
        )
        return next(fitting, None)

    def add(self, entry: Entry) -> None:
        """Take in the next entry. Raises RefusedError when no ledger of ours would have written it."""
        fault = self.fault(entry)
        if fault:
            raise RefusedError(f"entry {entry.index} of the ledger {fault}")
        for posting in entry.postings:
            self.balances[posting.account] += posting.millijoules
        match entry.body:
            case Baseline() as body:
                self._baselines.setdefault(body.work, []).append((entry.index, body))
            case Begun() as body:
                self.begun[body.job] = (entry.index, body)
            case Transfer() as body:
                self.transfers[body.reference] = entry.index
            case Credit() | Refused() as body:
                self.settled[body.job] = entry.index
        self.size += 1
        self.head = entry.hash

    def fault(self, entry: Entry) -> str:
        """Why an entry may not come next, or nothing."""
        if sum(posting.millijoules for posting in entry.postings):
            return "does not balance"
        match entry.body:
            case Begun(job=job) if job in self.begun:
                return "begins a job that had begun"
            case Credit(job=job) | Refused(job=job) if job in self.settled:
                return "settles a job for the second time"
            case Credit() as body:
                return self._false_credit(body)
            case Transfer() as body:
                return self._false_transfer(body)
            case _:
                return ""

    def _false_credit(self, body: Credit) -> str:
        index, begun = self.begun.get(body.job, (0, None))
        if begun is None:
            return "credits a job that never began"
        found = self.baseline(begun.work, before=index)
        if found is None or found[0] != body.baseline:
            return "credits a job against another baseline than the one it began with"
        saved = found[1].millijoules - body.measured
        if saved <= 0 or body.postings != moved(MINT, model_account(begun.model), saved):
            return "credits what was not saved"
        return ""

    def _false_transfer(self, body: Transfer) -> str:
        if body.reference in self.transfers:
            return "repeats a transfer"
        out, into = body.postings
        if body.postings != moved(out.account, into.account, into.millijoules):
            return "is no transfer"
        if out.account in {MINT, SPENT} or into.account in {MINT, out.account}:
            return "moves what does not move"
        if into.millijoules <= 0 or self.balances[out.account] < into.millijoules:
            return "moves what is not there"
        return ""


def moved(source: str, target: str, millijoules: int) -> tuple[Posting, Posting]:
    """The two sides of one movement."""
    return (
        Posting(account=source, millijoules=-millijoules),
        Posting(account=target, millijoules=millijoules),
    )
