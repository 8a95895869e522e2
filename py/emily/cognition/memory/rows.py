"""Rows of the table episodes, as a database returns them."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from emily.cognition.memory.errors import StoreError
from emily.cognition.memory.record import Affect, Episode

ColumnT = TypeVar("ColumnT")


def column(value: object, kind: type[ColumnT]) -> ColumnT:
    """The value of a column; raises StoreError when it is of another type."""
    if not isinstance(value, kind):
        raise StoreError("a row of the table episodes has columns of other types")
    return value


def to_episode(
    row: Sequence[object],
    timestamp: Callable[[object], datetime],
    embedding: Callable[[object], NDArray[np.float32]],
) -> Episode:
    """The episode of a row: id, timestamp, content, valence, arousal, dominance, embedding, context.

    `timestamp` and `embedding` read what each database keeps in a type of its own. Raises StoreError
    for a column of another type.
    """
    name, time, content, valence, arousal, dominance, vector, context = row
    return Episode(
        id=column(name, str),
        timestamp=timestamp(time),
        content=column(content, str),
        affect=Affect(*(column(part, float) for part in (valence, arousal, dominance))),
        embedding=embedding(vector),
        context=json.loads(column(context, str)),
    )
