"""What shows the rows of a memory is never written to, mapped from a file or not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emily.instinct.hdc import (
    Counters,
    Hypervector,
    Hypervectors,
    ItemMemory,
    bundle,
    bundle_groups,
    bundle_products,
)
from emily.instinct.hdc.errors import HdcError

A = Hypervector.random(seed=1)
ROWS = Hypervectors.random(3, seed=2)
WRITES: list[Callable[[Hypervectors], object]] = [
    lambda rows: A.bind(A, out=rows[1]),
    lambda rows: A.permute(3, out=rows[1]),
    lambda rows: bundle(ROWS, out=rows[1]),
    lambda rows: bundle(ROWS, [1, 2, 3], out=rows[1]),
    lambda rows: bundle_products([ROWS], [[0]], rows[1]),
    lambda rows: bundle_groups([ROWS], [[0], [1], [2]], [1, 2, 3], rows),
    lambda rows: Counters().majority(rows[1]),
    lambda rows: ROWS.bind(A, out=rows),
    lambda rows: ROWS.permute(1, out=rows),
]


@pytest.fixture(params=["in memory", "mapped"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> ItemMemory:
    made = ItemMemory()
    made.add(ROWS)
    if request.param == "in memory":
        return made
    made.save(tmp_path / "items")
    return ItemMemory.open(tmp_path / "items")


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written_to_its_rows(
    memory: ItemMemory, write: Callable[[Hypervectors], object]
) -> None:
    with pytest.raises(HdcError, match="out is read-only"):
        write(memory.vectors)
    assert memory.vectors == ROWS


def test_copies_can_be_written_to(memory: ItemMemory) -> None:
    for copied in (memory.vectors[1].copy(), memory[1]):
        assert not copied.read_only
        assert A.bind(A, out=copied) == Hypervector.zeros()
    assert memory.vectors == ROWS
