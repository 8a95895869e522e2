"""The chain: what was written stays as it was written, or the entry that did not is named."""

import json
import os
from pathlib import Path

import pytest
from tests.scf.ledger_jobs import WORK, job, usage

from scf.cid import cid_of
from scf.drive import Drive
from scf.errors import DriveError, RefusedError
from scf.ledger import (
    GENESIS,
    MINT,
    SPENT,
    Begun,
    Credit,
    Entry,
    Ledger,
    Posting,
    Transfer,
    model_account,
)

FUND = model_account("energy")


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Five entries, one of each kind."""
    ledger.register_baseline(WORK, 100, "given")
    ledger.begin(job())
    ledger.settle(job(), [usage(job(), 60.0)], attempts=1)
    ledger.settle(job(2), [], attempts=1)
    ledger.transfer(FUND, SPENT, 5_000, "an invoice")
    return ledger


def test_each_entry_names_the_one_before(told: Ledger) -> None:
    entries = list(told.entries())
    assert [entry.body.kind for entry in entries] == [
        "baseline",
        "begun",
        "credit",
        "refused",
        "transfer",
    ]
    assert [entry.previous for entry in entries] == [
        GENESIS,
        *(entry.hash for entry in entries[:-1]),
    ]
    assert told.head == entries[-1].hash
    assert len(told) == 5


def test_the_empty_ledger_has_a_head(ledger: Ledger, file: Path) -> None:
    assert (ledger.head, len(ledger), list(ledger.entries())) == (GENESIS, 0, [])
    assert cid_of(b"") == GENESIS
    assert not file.exists()


def test_the_file_holds_no_fractions(told: Ledger, file: Path) -> None:
    assert len(told) == len(file.read_bytes().splitlines())

    def fail(text: str) -> None:
        raise AssertionError(text)

    for line in file.read_bytes().splitlines():
        json.loads(line, parse_float=fail)


def test_another_process_reads_the_same(drive: Drive, told: Ledger) -> None:
    again = Ledger.open(drive)
    assert (again.head, again.balances()) == (told.head, told.balances())
    assert list(again.entries()) == list(told.entries())


def test_two_writers_take_turns(drive: Drive, ledger: Ledger) -> None:
    other = Ledger.open(drive)
    for number in range(4):
        (ledger, other)[number % 2].begin(job(number))
    assert other.begin(job(0)).index == 0
    assert ledger.begin(job(3)).index == 3
    assert ledger.head == other.head == Ledger.open(drive).head


def test_every_byte_is_held(drive: Drive, told: Ledger, file: Path) -> None:
    """A changed byte is found at the entry that it is in, whichever byte and whatever it becomes."""
    whole = file.read_bytes()
    for place, byte in enumerate(whole):
        entry = whole[:place].count(b"\n")
        changed = byte ^ (1 << place % 7) if place % 2 or byte == 0x0A else 0x0A
        file.write_bytes(whole[:place] + bytes([changed]) + whole[place + 1 :])
        with pytest.raises(RefusedError, match=f"entry {entry} of the ledger"):
            Ledger.open(drive)
    file.write_bytes(whole)
    assert Ledger.open(drive).head == told.head


def test_a_running_ledger_notices_too(told: Ledger, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"measured":60000', b'"measured":60001'))
    with pytest.raises(RefusedError, match="entry 2 of the ledger"):
        told.check()
    file.write_bytes(b"")
    with pytest.raises(RefusedError, match="lost entries"):
        told.begin(job(9))


@pytest.mark.parametrize("depth", [50_000, 200_000])
def test_a_deep_entry_is_damage(drive: Drive, told: Ledger, file: Path, depth: int) -> None:
    with file.open("ab") as end:
        end.write(b"[" * depth)
    for read in (lambda: Ledger.open(drive), lambda: told.begin(job(3))):
        with pytest.raises(RefusedError, match="entry 5 of the ledger is damaged"):
            read()


def test_a_pipe_is_not_waited_for(drive: Drive, ledger: Ledger, file: Path) -> None:
    os.mkfifo(file)
    for read in (lambda: Ledger.open(drive), lambda: ledger.begin(job())):
        with pytest.raises(DriveError, match="not a regular file"):
            read()


def test_a_shortened_ledger_is_not_opened_with_an_attested_head(
    drive: Drive, told: Ledger, file: Path
) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(Ledger.open(drive, [told.head, GENESIS])) == 5
    file.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(RefusedError, match=f"lacks the entry {told.head}"):
        Ledger.open(drive, [told.head])
    file.unlink()
    with pytest.raises(RefusedError, match=f"lacks the entry {told.head}"):
        Ledger.open(drive, [told.head])


def test_a_shortened_ledger_is_told_by_an_attested_head(
    drive: Drive, told: Ledger, file: Path
) -> None:
    attested = [entry.hash for entry in told.entries()]
    told.check([GENESIS, *attested])
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:3]))
    shortened = Ledger.open(drive)
    shortened.check(attested[:3])
    with pytest.raises(RefusedError, match=f"lacks the entry {attested[3]}"):
        shortened.check(attested[:4])


def _rewritten(file: Path, *bodies: object) -> None:
    """A chain without a fault in itself."""
    lines, previous = [], GENESIS
    for index, body in enumerate(bodies):
        entry = Entry.after(index, previous, 1_900_000_000, body)
        previous = entry.hash
        lines.append(entry.line())
    file.write_bytes(b"".join(lines))


def _moved(source: str, target: str, millijoules: int, more: int = 0) -> tuple[Posting, Posting]:
    return (
        Posting(account=source, millijoules=-millijoules),
        Posting(account=target, millijoules=millijoules + more),
    )


def _credit(**changed: object) -> Credit:
    parts = {
        "job": job().id,
        "baseline": 0,
        "measured": 60_000,
        "sources": ("rapl",),
        "postings": _moved(MINT, FUND, 40_000),
    }
    return Credit(**{**parts, **changed})


BEGUN = Begun(job=job().id, model="energy", work=WORK.id)
LATER = Begun(job=job(2).id, model="energy", work=WORK.id)
SPENDING = Transfer(reference="x", postings=_moved(FUND, SPENT, 40_000))
FORGED = {
    "a job begun twice": (2, [BEGUN], "begins a job that had begun"),
    "a credit without a start": (2, [_credit(job=job(2).id)], "never began"),
    "a credit for no saving": (2, [_credit(measured=100_000)], "what was not saved"),
    "a credit for more than was saved": (
        2,
        [_credit(postings=_moved(MINT, FUND, 40_001))],
        "what was not saved",
    ),
    "a credit to another model": (
        2,
        [_credit(postings=_moved(MINT, model_account("other"), 40_000))],
        "what was not saved",
    ),
    "a credit that does not balance": (
        2,
        [_credit(postings=_moved(MINT, FUND, 40_000, 1))],
        "does not balance",
    ),
    "a credit against no baseline": (2, [_credit(baseline=1)], "another baseline"),
    "a job credited twice": (3, [_credit(), _credit()], "for the second time"),
    "a transfer out of nothing": (2, [SPENDING], "what is not there"),
    "a transfer backwards": (
        3,
        [_credit(), Transfer(reference="x", postings=_moved(FUND, SPENT, -1))],
        "what is not there",
    ),
    "a transfer from the mint": (
        2,
        [Transfer(reference="x", postings=_moved(MINT, SPENT, 1))],
        "does not move",
    ),
    "a transfer twice": (4, [_credit(), SPENDING, SPENDING], "repeats a transfer"),
}


@pytest.mark.parametrize(("entry", "bodies", "fault"), FORGED.values(), ids=FORGED)
def test_a_forged_chain_is_refused(
    drive: Drive, ledger: Ledger, file: Path, entry: int, bodies: list[object], fault: str
) -> None:
    """Its hashes are all right; what it says is not what any ledger would have written."""
    baseline = ledger.register_baseline(WORK, 100, "given").body
    _rewritten(file, baseline, BEGUN, *bodies)
    with pytest.raises(RefusedError, match=f"entry {entry} of the ledger.*{fault}"):
        Ledger.open(drive)


def test_a_baseline_that_was_put_in_later_does_not_count(
    drive: Drive, ledger: Ledger, file: Path
) -> None:
    baseline = ledger.register_baseline(WORK, 100, "given").body
    _rewritten(file, BEGUN, baseline, _credit(baseline=1))
    with pytest.raises(RefusedError, match="another baseline than the one it began with"):
        Ledger.open(drive)


def test_the_order_of_postings_is_fixed(drive: Drive, ledger: Ledger, file: Path) -> None:
    """One movement has one form: out of one account, into the other."""
    baseline = ledger.register_baseline(WORK, 100, "given").body
    _rewritten(file, baseline, BEGUN, _credit(postings=_moved(MINT, FUND, 40_000)[::-1]))
    with pytest.raises(RefusedError, match="entry 2 of the ledger"):
        Ledger.open(drive)


def test_entries_do_not_change_places(drive: Drive, told: Ledger, file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    for i in range(len(lines) - 1):
        swapped = [*lines]
        swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
        file.write_bytes(b"".join(swapped))
        with pytest.raises(RefusedError, match=f"entry {i} of the ledger does not follow"):
            Ledger.open(drive)
    assert told.balance(SPENT) == 5_000
