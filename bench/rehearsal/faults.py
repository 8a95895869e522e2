"""Faults of the fast world: what each cost, and how long until everything held again."""

from bench.rehearsal.cli import Options
from bench.rehearsal.figures import TRIED, Tried
from bench.rehearsal.table import MARKS, Table
from bench.rehearsal.world import measured

GOAL_S = 15 * 60
_COLUMNS = ("Fault", "Survived", "Bytes lost", "Time to recover", "Without a hand")


def table(options: Options) -> Table:
    """Try every fault. Raises WrongError where one cannot be made or undone."""
    return tabled(TRIED.validate_json(measured("faults", options)))


def tabled(tried: tuple[Tried, ...]) -> Table:
    """Return a row for each fault, and one for all."""
    rows = [_row(one) for one in tried]
    survived = sum(one.survived for one in tried)
    known = max((one.acknowledged for one in tried), default=0)
    losses = [one.lost for one in tried if one.lost is not None]
    lost = str(sum(losses)) if len(losses) == len(tried) else "unknown"
    worst = max((one.recovered_s for one in tried if one.recovered_s is not None), default=0)
    of_all = f"{lost} of {known / 1e6:.1f} MB"
    rows.append((f"**{survived} of {len(tried)}**", "", of_all, f"{worst:.2f} s at most", ""))
    met = all(
        one.survived and one.recovered_s is not None and one.recovered_s < GOAL_S for one in tried
    )
    return Table(_COLUMNS, rows, missed=not met)


def _row(one: Tried) -> tuple[str, ...]:
    by_itself = one.recovered_s is not None
    took = f"{one.recovered_s:.2f} s" if one.recovered_s is not None else "never"
    if one.still_wrong:
        took = f"not all: {', '.join(one.still_wrong)}"
    hand = MARKS[True] if by_itself else f"{MARKS[False]}: `{one.hand}`"
    lost = "unknown" if one.lost is None else str(one.lost)
    return one.name, MARKS[one.survived], lost, took, hand
