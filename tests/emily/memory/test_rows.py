"""A row of the table is an episode, or is refused."""

from datetime import datetime

import numpy as np
import pytest

from emily.cognition.memory import StoreError
from emily.cognition.memory.rows import column, to_episode


def read(row: list[object]):
    return to_episode(
        row,
        lambda value: column(value, datetime),
        lambda value: np.frombuffer(column(value, bytes), "<f4"),
    )


@pytest.fixture
def row(episode) -> list[object]:
    one = episode(1)
    data = one.embedding.tobytes()
    return [one.id, one.timestamp, one.content, *one.affect, data, one.context_json]


def test_an_episode_comes_back_from_its_row(row: list[object], episode) -> None:
    assert read(row) == episode(1)


@pytest.mark.parametrize("place", range(8))
def test_a_column_of_another_type_is_refused(row: list[object], place: int) -> None:
    row[place] = None
    with pytest.raises(StoreError, match="a row of the table episodes has columns of other types"):
        read(row)
