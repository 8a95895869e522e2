"""Who earns a credit, and why others do not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scf.ledger_jobs import WORK, job, usage

from scf.contracts.job import Usage
from scf.drive import Drive
from scf.ledger import (
    MINT,
    Credit,
    Ledger,
    LedgerError,
    Posting,
    Reason,
    Refused,
    Work,
    model_account,
)

FUND = model_account("energy")


def _begun(ledger: Ledger, joules: int = 100, number: int = 1) -> None:
    ledger.register_baseline(WORK, joules, "mean of five runs, RAPL")
    ledger.begin(job(number))


def test_a_measured_saving_is_minted(ledger: Ledger) -> None:
    _begun(ledger)
    entry = ledger.settle(job(), [usage(job(), 60.0)], attempts=1)
    assert entry.body == Credit(
        job=job().id,
        baseline=0,
        measured=60_000,
        sources=("rapl",),
        postings=(
            Posting(account=MINT, millijoules=-40_000),
            Posting(account=FUND, millijoules=40_000),
        ),
    )
    assert ledger.balances() == {MINT: -40_000, FUND: 40_000}
    assert entry.time == 1_900_000_000


def test_every_attempt_counts(ledger: Ledger) -> None:
    _begun(ledger)
    taken = [usage(job(), 30.0), usage(job(), 50.0, attempt=2, source="nvml")]
    entry = ledger.settle(job(), taken[::-1], attempts=2)
    assert isinstance(entry.body, Credit)
    assert (entry.body.measured, entry.body.sources) == (80_000, ("rapl", "nvml"))
    assert ledger.balance(FUND) == 20_000


def test_what_was_taken_is_rounded_up(ledger: Ledger) -> None:
    """0.0011 J is more than 1 mJ, and 0.1 + 0.2 a little more than 0.3."""
    _begun(ledger, joules=1)
    ledger.settle(job(), [usage(job(), 0.0011)], attempts=1)
    assert ledger.balance(FUND) == 998
    ledger.begin(job(2))
    ledger.settle(job(2), [usage(job(2), 0.1 + 0.2)], attempts=1)
    assert ledger.balance(FUND) == 998 + 699


J = job()
NOT_EARNED: dict[str, tuple[list[Usage], int, Reason]] = {
    "an estimate": ([usage(J, 1.0, source="estimate")], 1, Reason.UNMEASURED),
    "an estimate among measurements": (
        [usage(J, 1.0), usage(J, 1.0, attempt=2, source="estimate")],
        2,
        Reason.UNMEASURED,
    ),
    "no usage at all": ([], 1, Reason.UNMEASURED),
    "no attempt at all": ([], 0, Reason.UNMEASURED),
    "an attempt that left none": ([usage(J, 1.0, attempt=2)], 2, Reason.UNMEASURED),
    "an attempt told twice": ([usage(J, 1.0), usage(J, 1.0)], 2, Reason.UNMEASURED),
    "an attempt that was not begun": (
        [usage(J, 1.0), usage(J, 1.0, attempt=3)],
        2,
        Reason.UNMEASURED,
    ),
    "more told than begun": ([usage(J, 1.0), usage(J, 1.0, attempt=2)], 1, Reason.UNMEASURED),
    "another job's usage": ([usage(job(2), 1.0)], 1, Reason.UNMEASURED),
    "work done for nothing": ([usage(J, 0.0)], 1, Reason.UNMEASURED),
    "exactly the baseline": ([usage(J, 100.0)], 1, Reason.NO_SAVING),
    "more than the baseline": ([usage(J, 100.001)], 1, Reason.NO_SAVING),
    "more than the baseline in all": (
        [usage(J, 60.0), usage(J, 60.0, attempt=2)],
        2,
        Reason.NO_SAVING,
    ),
    "beyond all measure": ([usage(J, 1e300)], 1, Reason.NO_SAVING),
}


@pytest.mark.parametrize(("taken", "attempts", "reason"), NOT_EARNED.values(), ids=NOT_EARNED)
def test_nothing_is_minted_for(
    ledger: Ledger, taken: list[Usage], attempts: int, reason: Reason
) -> None:
    _begun(ledger)
    entry = ledger.settle(J, taken, attempts)
    assert entry.body == Refused(job=J.id, reason=reason)
    assert ledger.balances() == {}


def test_without_a_baseline_nothing_is_minted(ledger: Ledger) -> None:
    ledger.begin(job())
    entry = ledger.settle(job(), [usage(job(), 1.0)], attempts=1)
    assert entry.body == Refused(job=job().id, reason=Reason.NO_BASELINE)


def test_a_baseline_of_other_work_is_none(ledger: Ledger) -> None:
    ledger.register_baseline(Work.of(job(steps=30_000)), 1000, "ten times the steps")
    ledger.begin(job())
    entry = ledger.settle(job(), [usage(job(), 1.0)], attempts=1)
    assert entry.body == Refused(job=job().id, reason=Reason.NO_BASELINE)


def test_a_baseline_after_the_start_is_none(ledger: Ledger) -> None:
    ledger.begin(job())
    _begun(ledger)
    entry = ledger.settle(job(), [usage(job(), 1.0)], attempts=1)
    assert entry.body == Refused(job=job().id, reason=Reason.NO_BASELINE)


def test_a_job_keeps_the_baseline_that_it_began_with(ledger: Ledger) -> None:
    _begun(ledger, joules=100)
    ledger.register_baseline(WORK, 1000, "inflated")
    ledger.settle(job(), [usage(job(), 60.0)], attempts=1)
    assert ledger.balance(FUND) == 40_000
    ledger.begin(job(2))
    ledger.settle(job(2), [usage(job(2), 60.0)], attempts=1)
    assert ledger.balance(FUND) == 40_000 + 940_000


def test_a_job_that_the_ledger_was_not_told_of_earns_nothing(ledger: Ledger) -> None:
    ledger.register_baseline(WORK, 100, "before")
    entry = ledger.settle(job(), [usage(job(), 1.0)], attempts=1)
    assert entry.body == Refused(job=job().id, reason=Reason.NO_START)


def test_what_is_asked_for_twice_is_done_once(drive: Drive, ledger: Ledger) -> None:
    """Also by a process that has only now started, and whatever it says has been used meanwhile."""
    _begun(ledger)
    first = ledger.settle(job(), [usage(job(), 60.0)], attempts=1)
    size = len(ledger)
    for again in (ledger, Ledger.open(drive)):
        _begun(again)
        assert again.settle(job(), [usage(job(), 1.0)], attempts=1) == first
        assert len(again) == size
        assert again.balance(FUND) == 40_000


def test_a_refusal_stays_as_well(ledger: Ledger) -> None:
    _begun(ledger)
    refused = ledger.settle(job(), [usage(job(), 1.0, source="estimate")], attempts=1)
    assert ledger.settle(job(), [usage(job(), 1.0)], attempts=1) == refused
    assert ledger.balances() == {}


def test_a_refusal_tells_no_figures(ledger: Ledger) -> None:
    """So a run on a machine without counters writes the same bytes each time."""
    _begun(ledger)
    body = ledger.settle(job(), [usage(job(), 12.3, source="estimate")], attempts=1).body
    assert body.model_dump(mode="json") == {
        "kind": "refused",
        "job": job().id,
        "reason": "unmeasured",
    }


@pytest.mark.parametrize("joules", [0, -1, 1 << 53])
def test_a_baseline_is_a_sensible_amount(ledger: Ledger, joules: int) -> None:
    with pytest.raises(LedgerError, match="millijoules"):
        ledger.register_baseline(WORK, joules, "made up")
    with pytest.raises(LedgerError, match="method"):
        ledger.register_baseline(WORK, 1, "")
    assert len(ledger) == 0


ATTEMPT = st.tuples(
    st.floats(0, 400, allow_nan=False), st.sampled_from(["rapl", "nvml", "estimate"])
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    baseline=st.integers(1, 500),
    jobs=st.lists(st.lists(ATTEMPT, max_size=3), min_size=1, max_size=5),
    again=st.booleans(),
)
def test_books_balance_and_only_measured_savings_mint(
    tmp_path_factory: pytest.TempPathFactory,
    baseline: int,
    jobs: list[list[tuple[float, str]]],
    again: bool,
) -> None:
    ledger = Ledger.open(Drive.make(tmp_path_factory.mktemp("drive")))
    ledger.register_baseline(WORK, baseline, "given")
    earned = 0
    for number, attempts in enumerate(jobs):
        one = job(number)
        ledger.begin(one)
        taken = [
            usage(one, joules, attempt=index, source=source)
            for index, (joules, source) in enumerate(attempts, 1)
        ]
        for _ in range(1 + again):
            ledger.settle(one, taken, len(attempts))
        measured = attempts and all(joules and s != "estimate" for joules, s in attempts)
        saved = baseline - sum(joules for joules, _ in attempts)
        earned += saved if measured and saved > 0 else 0
        assert sum(ledger.balances().values()) == 0
        assert -ledger.balance(MINT) <= earned * 1000 + 1e-6
    assert ledger.balance(FUND) == pytest.approx(earned * 1000, abs=3 * len(jobs))
    assert all(sum(each.millijoules for each in entry.postings) == 0 for entry in ledger.entries())
    ledger.check()
