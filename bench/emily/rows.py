"""A row of the benchmark's table: what was measured, and whether it meets its goal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `met` is None where nothing was promised and the figure stands for comparison."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None
