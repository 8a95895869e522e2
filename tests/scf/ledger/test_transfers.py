"""Credits that move: never more than there is, never out of nothing, each once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scf.ledger_jobs import WORK, job, usage

from scf.drive import Drive
from scf.ledger import MINT, SPENT, FundsError, Ledger, LedgerError, model_account

FUND = model_account("energy")


@pytest.fixture
def funded(ledger: Ledger) -> Ledger:
    """With 40 J."""
    ledger.register_baseline(WORK, 100, "given")
    ledger.begin(job())
    ledger.settle(job(), [usage(job(), 60.0)], attempts=1)
    return ledger


def test_a_transfer_moves_credits(funded: Ledger) -> None:
    funded.transfer(FUND, "team:a", 15_000, "invoice 1")
    funded.transfer("team:a", SPENT, 5_000, "invoice 2")
    assert funded.balances() == {
        MINT: -40_000,
        FUND: 25_000,
        "team:a": 10_000,
        SPENT: 5_000,
    }


def test_a_reference_is_used_once(funded: Ledger) -> None:
    first = funded.transfer(FUND, SPENT, 40_000, "invoice 1")
    assert funded.transfer(FUND, SPENT, 40_000, "invoice 1") == first
    with pytest.raises(LedgerError, match="names another transfer"):
        funded.transfer(FUND, SPENT, 1, "invoice 1")
    assert funded.balance(SPENT) == 40_000


def test_no_account_goes_below_zero(funded: Ledger) -> None:
    with pytest.raises(FundsError, match="holds 40000 mJ, not 40001"):
        funded.transfer(FUND, SPENT, 40_001, "too much")
    with pytest.raises(FundsError, match="nobody holds 0 mJ"):
        funded.transfer("nobody", SPENT, 1, "from nothing")


NOT_MOVED = {
    "out of the mint": (MINT, SPENT, 1),
    "into the mint": (FUND, MINT, 1),
    "back from what is spent": (SPENT, FUND, 1),
    "to itself": (FUND, FUND, 1),
    "nothing": (FUND, SPENT, 0),
    "less than nothing": (FUND, SPENT, -1),
    "to no account": (FUND, "Not An Account", 1),
}


@pytest.mark.parametrize(("source", "target", "millijoules"), NOT_MOVED.values(), ids=NOT_MOVED)
def test_these_are_no_transfers(funded: Ledger, source: str, target: str, millijoules: int) -> None:
    size, before = len(funded), funded.balances()
    with pytest.raises(LedgerError):
        funded.transfer(source, target, millijoules, "none")
    assert (len(funded), funded.balances()) == (size, before)


ACCOUNTS = st.sampled_from([FUND, MINT, SPENT, "a", "b"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ACCOUNTS, ACCOUNTS, st.integers(-10, 60_000)), max_size=12))
def test_whatever_is_tried_the_sum_is_zero(
    tmp_path_factory: pytest.TempPathFactory, tried: list[tuple[str, str, int]]
) -> None:
    drive = Drive.make(tmp_path_factory.mktemp("drive"))
    ledger = Ledger.open(drive)
    ledger.register_baseline(WORK, 100, "given")
    ledger.begin(job())
    ledger.settle(job(), [usage(job(), 60.0)], attempts=1)
    for number, (source, target, millijoules) in enumerate(tried):
        try:
            ledger.transfer(source, target, millijoules, f"{number}")
        except LedgerError:
            continue
        assert millijoules > 0
    held = ledger.balances()
    assert sum(held.values()) == 0
    assert held.pop(MINT) == -40_000
    assert all(amount >= 0 for amount in held.values())
    ledger.check()
    assert Ledger.open(drive).balances() == ledger.balances()
