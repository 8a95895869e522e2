"""What a topic returns, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

MARKS = {True: "yes", False: "**no**", None: ""}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below their columns; `missed` says that a goal was not met."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    missed: bool = False
    note: str = ""
    """A line below."""

    def text(self) -> str:
        """Return it as Markdown."""
        lines = [_line(self.columns), "|" + "---|" * len(self.columns)]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


def replaced(text: str, topic: str, table: str) -> str:
    """Return the README with a topic's table put between its marks. Raises ValueError without them."""
    begin, end = f"<!-- {topic} -->", f"<!-- /{topic} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the README has no marks for {topic}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
