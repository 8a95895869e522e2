"""The last full run of the vm tier, as the tables of what it wrote."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from bench.rehearsal.cli import Options
from bench.rehearsal.table import MARKS, Table
from pydantic import ValidationError

from sovereign.errors import SovereignError
from sovereign.rehearse.virtual import RUN, VmRun
from sovereign.rehearse.vm.faults import TABLE, Fault

GOAL_S = 15 * 60
FAULTS = "faults.json"
_COLUMNS = ("What", "Measured", "Goal", "Met")


class NoRunError(SovereignError):
    """There is no full run of the vm tier to tell of."""

    code: ClassVar[str] = "BEN002"


def table(options: Options) -> Table:
    """Read what a run wrote into the folder of results. Raises NoRunError."""
    if options.results is None:
        raise NoRunError("give the folder of its results: --results FOLDER")
    return tabled(*read(options.results))


def read(folder: Path) -> tuple[VmRun, tuple[Fault, ...]]:
    """Read the run, and the faults in the folder of their stage. Raises NoRunError."""
    faults = sorted(folder.glob(f"*/{FAULTS}"))
    try:
        run = VmRun.model_validate_json((folder / RUN).read_bytes())
        return run, tuple(row for file in faults for row in TABLE.validate_json(file.read_bytes()))
    except (OSError, ValidationError) as error:
        raise NoRunError(f"{folder} holds no run of the vm tier: {error}") from error


def tabled(run: VmRun, faults: tuple[Fault, ...]) -> Table:
    """Return a row for each stage, for what it measured, and for each fault."""
    rows = [*_stages(run), *(_fault(one) for one in faults)]
    if faults:
        survived = sum(one.survived for one in faults)
        # where nobody could look, nobody knows: then the sum is not 0 either
        met = survived == len(faults) and all(one.bytes_lost == 0 for one in faults)
        lost = sum(one.bytes_lost or 0 for one in faults)
        what, measured = "faults survived, bytes lost", f"{survived} of {len(faults)}, {lost}"
        rows.append((what, measured, f"{len(faults)} of {len(faults)}, 0", MARKS[met]))
    missed = any(row[-1] == MARKS[False] for row in rows)
    return Table(_COLUMNS, rows, missed=missed, note=f"Run on commit `{run.commit}`.")


def _stages(run: VmRun) -> Iterator[tuple[str, str, str, str]]:
    for stage in run.stages:
        tried = len(stage.passed) + len(stage.failed)
        skipped = f", {len(stage.skipped)} skipped" if stage.skipped else ""
        proven = f"{len(stage.passed)} of {tried} proven{skipped}, {stage.seconds:.0f} s"
        met = MARKS[not stage.failed]
        yield f"stage {stage.name}", proven, f"{tried} of {tried}", met
        # the table of faults has these as rows of their own
        if stage.name != Path(FAULTS).stem:
            for name, value in stage.figures.items():
                yield f"{stage.name}: {name}", f"{value:g}", "", ""
    yield "all stages", f"{sum(stage.seconds for stage in run.stages) / 60:.1f} min", "", ""


def _fault(one: Fault) -> tuple[str, str, str, str]:
    in_time = one.recover_s is not None and one.recover_s < GOAL_S
    lost = "unknown how many" if one.bytes_lost is None else str(one.bytes_lost)
    whole = "never whole again" if one.recover_s is None else f"whole after {one.recover_s:.1f} s"
    met = one.survived and one.bytes_lost == 0 and in_time
    return one.name, f"{lost} bytes lost, {whole}", f"0, < {GOAL_S // 60} min", MARKS[met]
