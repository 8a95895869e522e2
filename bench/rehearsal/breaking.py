"""Faults, inside: each is made while clients write, and then nothing but the clock is touched."""

import time
from collections.abc import Sequence
from contextlib import suppress

from bench.rehearsal.breakage import Fault, everything
from bench.rehearsal.figures import TRIED, Tried, WrongError
from bench.rehearsal.place import Place
from bench.rehearsal.writers import Files, Rows, Writing, total

from sovereign.errors import ProgramError

LIMIT_S = 60
"""What has not come back by itself by then is started by hand."""
_OUTAGE_S = 5
_STRUCK_S = 10
_AFTERWARDS_S = 1
_SETTLE_S = 60


def break_everything(place: Place) -> bytes:
    """Try every fault; return what became of each, as JSON. Raises WrongError."""
    place.tell("check what holds before")
    held = _passed(place, tuple(place.world.job.variants[0].values))
    files, rows = Files(place), Rows(place)
    tried = []
    for fault in everything(place):
        place.tell(f"try: {fault.name}")
        tried.append(_tried(place, fault, held, files, rows))
        if tried[-1].lost is None:
            break  # upon what is broken nothing else can be tried
    return TRIED.dump_json(tuple(tried))


def _tried(place: Place, fault: Fault, held: frozenset[str], files: Files, rows: Rows) -> Tried:
    with Writing(files, rows) as writing:
        writing.wait_for_some()
        began = time.monotonic()
        fault.strike()
        _require_seen(fault)
        if fault.repair:
            time.sleep(_OUTAGE_S)
            fault.repair()
            began = time.monotonic()
        recovered = _seconds_until(fault, began, LIMIT_S)
        hand = ""
        if recovered is None:
            hand = " ".join(fault.hand)
            place.world.host.run(fault.hand, check=False)
            if _seconds_until(fault, time.monotonic(), LIMIT_S) is None:
                return _beyond_help(fault, files, rows)
        time.sleep(_AFTERWARDS_S)
    missing, seconds = _settled(place, fault, held, began)
    if recovered is not None and seconds is not None:
        recovered = seconds
    return Tried(
        name=fault.name,
        acknowledged=total(files.acknowledged) + total(rows.acknowledged),
        lost=files.lost() + rows.lost(),
        recovered_s=recovered,
        hand=hand,
        still_wrong=tuple(sorted(missing)),
    )


def _beyond_help(fault: Fault, files: Files, rows: Rows) -> Tried:
    known = total(files.acknowledged) + total(rows.acknowledged)
    hand = f"not even {' '.join(fault.hand)}"
    return Tried(name=fault.name, acknowledged=known, lost=None, recovered_s=None, hand=hand)


def _require_seen(fault: Fault) -> None:
    """Wait until the fault shows: who never notices it would measure nothing."""
    end = time.monotonic() + _STRUCK_S
    while fault.struck is not None and not fault.struck():
        if time.monotonic() > end:
            raise WrongError(f"{fault.name}: nothing broke")


def _seconds_until(fault: Fault, began: float, limit: float) -> float | None:
    """Return the seconds until all that the fault broke answers again, or None after `limit`."""
    while time.monotonic() - began < limit:
        with suppress(ProgramError):
            if all(probe() for probe in fault.probes):
                return time.monotonic() - began
        time.sleep(0.05)
    return None


def _settled(
    place: Place, fault: Fault, held: frozenset[str], began: float
) -> tuple[frozenset[str], float | None]:
    """Run the suite until all holds again that held before; return what never does, and since when.

    Without a time, the first look already found all as it was.
    """
    first, end = True, time.monotonic() + _SETTLE_S
    while True:
        now = time.monotonic()
        missing = _held(held, fault.concerns, place) - _passed(place, fault.concerns)
        if not missing:
            return missing, None if first else now - began
        if time.monotonic() > end:
            return missing, None
        first = False


def _held(held: frozenset[str], concerns: Sequence[str], place: Place) -> frozenset[str]:
    return held & {one.id for one in place.document.expectations if one.concern in concerns}


def _passed(place: Place, concerns: Sequence[str]) -> frozenset[str]:
    return frozenset(result.id for result in place.checked(concerns).of("passed"))
