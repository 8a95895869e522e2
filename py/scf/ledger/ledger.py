"""The ledger: baselines before, credits after, each thing once, every entry chained to the one before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import Literal

from pydantic import ValidationError

from scf import clock
from scf.contracts.job import Job, Usage
from scf.drive import Drive
from scf.errors import RefusedError
from scf.ledger.books import Books, moved
from scf.ledger.chain import GENESIS, Entry, read_line
from scf.ledger.entries import (
    MINT,
    Baseline,
    Begun,
    Body,
    Credit,
    Reason,
    Refused,
    Transfer,
    Work,
    model_account,
)
from scf.ledger.errors import FundsError, LedgerError
from scf.ledger.file import LedgerFile


class Ledger:
    """The books on a drive. Several processes may use them; one at a time writes.

    Everything that writes raises LedgerError, LedgerBusyError, DriveError, and RefusedError when the
    file is not as it was written. What is asked for twice is done once.
    """

    def __init__(self, drive: Drive) -> None:
        self._file = LedgerFile(drive)
        self._books = Books()

    @classmethod
    def open(cls, drive: Drive, attested: Iterable[str] = ()) -> "Ledger":
        """The ledger of a drive, read and checked from its first entry; nothing is written.

        The `attested` heads have to be hashes of entries, as in `check`. Raises RefusedError, DriveError.
        """
        ledger = cls(drive)
        _hold(ledger._news(), attested)
        return ledger

    def __len__(self) -> int:
        return self._books.size

    @property
    def head(self) -> str:
        """The hash of the last entry, which stands for all of them: what is attested elsewhere."""
        return self._books.head

    def balance(self, account: str) -> int:
        """What an account holds, in millijoules."""
        return self._books.balances.get(account, 0)

    def balances(self) -> dict[str, int]:
        """What every account holds, in millijoules; the sum is zero."""
        return dict(sorted(self._books.balances.items()))

    def entries(self) -> Iterator[Entry]:
        """All entries, oldest first, checked again. Raises RefusedError, DriveError."""
        previous = GENESIS
        for index, line in enumerate(self._file.lines()):
            entry = read_line(line, index, previous)
            previous = entry.hash
            yield entry

    def check(self, attested: Iterable[str] = ()) -> None:
        """Check every entry anew, and that the `attested` heads are hashes of some.

        A ledger that was shortened, or written anew as a whole, is consistent in itself: only a head
        that was kept elsewhere tells. Raises RefusedError, DriveError.
        """
        books = Books()

        def added() -> Iterator[Entry]:
            for entry in self.entries():
                books.add(entry)
                yield entry

        _hold(added(), attested)

    def register_baseline(self, work: Work, joules: int, method: str) -> Entry:
        """State what `work` takes, for the jobs that begin from now on, and how that was found."""
        body = _valid(
            lambda: Baseline(
                recipe=work.recipe, work=work.id, millijoules=joules * 1000, method=method
            )
        )

        def known() -> int | None:
            found = self._books.baseline(work.id)
            return found[0] if found is not None and found[1] == body else None

        return self._once(known, lambda: body)

    def begin(self, job: Job) -> Entry:
        """Note that a job is about to begin: only a baseline from before counts for it."""
        return self._once(
            lambda: self._books.begun.get(job.id, (None,))[0],
            lambda: Begun(job=job.id, model=job.model, work=Work.of(job).id),
        )

    def settle(self, job: Job, usages: Sequence[Usage], attempts: int) -> Entry:
        """Credit what a job that is done has saved, or note why nothing; `attempts` were begun.

        The first answer stays: a job is settled once.
        """
        return self._once(
            lambda: self._books.settled.get(job.id), lambda: self._settlement(job, usages, attempts)
        )

    def transfer(self, source: str, target: str, millijoules: int, reference: str) -> Entry:
        """Move credits; to `spent` they go for good. A reference names one transfer only.

        Raises FundsError, LedgerError besides.
        """
        body = _valid(
            lambda: Transfer(reference=reference, postings=moved(source, target, millijoules))
        )

        def checked() -> Body:
            if millijoules > self.balance(source):
                raise FundsError(f"{source} holds {self.balance(source)} mJ, not {millijoules}")
            return body

        entry = self._once(lambda: self._books.transfers.get(reference), checked)
        if entry.body != body:
            raise LedgerError(f"the reference {reference!r} names another transfer")
        return entry

    def _settlement(self, job: Job, usages: Sequence[Usage], attempts: int) -> Credit | Refused:
        start, begun = self._books.begun.get(job.id, (0, None))
        if begun is None:
            return Refused(job=job.id, reason=Reason.NO_START)
        baseline = self._books.baseline(begun.work, before=start)
        if baseline is None:
            return Refused(job=job.id, reason=Reason.NO_BASELINE)
        sources = _measured(job, usages, attempts)
        if sources is None:
            return Refused(job=job.id, reason=Reason.UNMEASURED)
        # fractions: a float times 1000 may round down
        measured = sum(ceil(Fraction(usage.joules) * 1000) for usage in usages)
        saved = baseline[1].millijoules - measured
        if saved <= 0:
            return Refused(job=job.id, reason=Reason.NO_SAVING)
        postings = moved(MINT, model_account(job.model), saved)
        return Credit(
            job=job.id,
            baseline=baseline[0],
            measured=measured,
            sources=sources,
            postings=postings,
        )

    def _once(self, known: Callable[[], int | None], body: Callable[[], Body]) -> Entry:
        """The entry that is known already, or a new one with `body`, both asked when all is read."""
        with self._file.writing() as add:
            for _ in self._news():
                pass
            index = known()
            if index is not None:
                return Entry.parse(self._file.line(index), source="ledger")
            entry = Entry.after(len(self), self.head, clock.now(), body())
            self._fits(entry)
            add(entry.line())
            self._books.add(entry)
            return entry

    def _fits(self, entry: Entry) -> None:
        fault = self._books.fault(entry)
        if fault:
            raise LedgerError(f"the ledger takes no entry that {fault}")

    def _news(self) -> Iterator[Entry]:
        """Take in what was not read before, entry by entry."""
        for line in self._file.news():
            entry = read_line(line, len(self), self.head)
            self._books.add(entry)
            yield entry


def _hold(entries: Iterable[Entry], attested: Iterable[str]) -> None:
    """Go through all entries. Raises RefusedError unless the `attested` heads are hashes of some."""
    missing = set(attested) - {GENESIS}
    for entry in entries:
        missing.discard(entry.hash)
    if missing:
        raise RefusedError(f"the ledger lacks the entry {min(missing)}, which was attested")


def _measured(
    job: Job, usages: Sequence[Usage], attempts: int
) -> tuple[Literal["rapl", "nvml"], ...] | None:
    """How each attempt from the first to the last was measured; None when one was not."""
    by_attempt = {usage.attempt: usage for usage in usages if usage.job == job.id}
    if not 0 < attempts == len(usages) or set(by_attempt) != set(range(1, attempts + 1)):
        return None
    sources = []
    for attempt in range(1, attempts + 1):
        usage = by_attempt[attempt]
        if usage.source == "estimate" or usage.joules == 0:  # no work is done for nothing
            return None
        sources.append(usage.source)
    return tuple(sources)


def _valid(make: Callable[[], Body]) -> Body:
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise LedgerError(f"{place}: {first['msg']}") from None
