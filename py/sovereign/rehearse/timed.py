"""Stages as they are told: each when it begins, and when it ends with how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sovereign.rehearse.job import Event

Tell: TypeAlias = Callable[[Event], None]


@contextmanager
def told(stage: str, tell: Tell) -> Iterator[None]:
    """Tell of a stage around it, however it ends."""
    began = time.monotonic()
    tell(Event(stage=stage))
    try:
        yield
    finally:
        tell(Event(stage=stage, seconds=time.monotonic() - began))
