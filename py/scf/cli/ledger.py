"""`scf ledger`: what was saved, and what it earned."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from scf.cli.options import answer, home_option, json_option
from scf.cli.reading import key_option, read_log
from scf.drive import Drive
from scf.settings import Home

if TYPE_CHECKING:
    from scf.attest.log import Log
    from scf.ledger import Entry


@click.command()
@key_option
@home_option
@json_option
def command(key: str | None, home: Home, as_json: bool) -> None:
    """Check the ledger from its first entry and print it, with what each account holds.

    Credit is minted only for energy that was measured and lies below a baseline that was registered
    before the job began; an estimate earns nothing.

    \b
    Example: scf ledger
    """
    from scf.ledger import MINT, Ledger
    from scf.ledger.landauer import landauer_text

    drive = Drive.open(home.settings().drive)
    heads = attested(read_log(home, drive, key))
    ledger = Ledger.open(drive)
    ledger.check(heads)
    entries = list(ledger.entries())

    def text() -> str:
        lines = [f"{entry.index:>5}  {_time(entry.time)}  {line(entry)}" for entry in entries]
        lines.append(f"head {ledger.head}")
        lines += [
            f"{account:<24}{held / 1000:>14g} J" for account, held in ledger.balances().items()
        ]
        if minted := -ledger.balance(MINT):
            lines.append(landauer_text(minted / 1000))
        return "\n".join(lines)

    table = {
        "head": ledger.head,
        "balances_millijoules": ledger.balances(),
        "entries": [entry.model_dump(mode="json") for entry in entries],
    }
    answer(as_json, table, text)


def attested(log: "Log") -> set[str]:
    """The heads of the ledger that are in the log: a ledger without one of them was cut."""
    entries = (log.entry(number) for number in log.of("ledger"))
    return {entry.attestation.statement.subjects[0].cid for entry in entries}


def line(entry: "Entry") -> str:
    """An entry in a line."""
    from scf.ledger.entries import Baseline, Begun, Credit, Refused

    match entry.body:
        case Baseline(recipe=recipe, millijoules=amount, method=method):
            return f"baseline of {recipe}: {amount / 1000:g} J ({method})"
        case Begun(model=model, job=job):
            return f"begun: {model}, job {job[:16]}…"
        case Credit(measured=measured, postings=(_, gained)):
            return f"credit: {gained.millijoules / 1000:g} J saved, {measured / 1000:g} J measured"
        case Refused(reason=reason, job=job):
            return f"no credit: {reason}, job {job[:16]}…"
        case transfer:
            return f"transfer: {transfer.reference}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="minutes")[:16]
