"""Orders to the daemon: `control.json`, whose number must be higher than that of the last one obeyed."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from emily.files import replacing
from scf.contracts.base import Document
from scf.daemon.gears import Gear
from scf.errors import ContractError
from scf.settings import Train

_LARGEST = 4096
"""Bytes of an order; a file that is larger is none."""


class Command(StrEnum):
    """What can be ordered."""

    SHIFT_GEAR = "SHIFT_GEAR"
    STOP = "STOP"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    TRAIN = "TRAIN"


class Order(Document):
    """One order; `gear` belongs to SHIFT_GEAR alone, what to train to TRAIN."""

    v: Literal[1] = 1
    seq: Annotated[int, Field(ge=1, lt=1 << 53)]
    command: Command
    gear: Gear | None = None
    train: Train | None = None

    @model_validator(mode="after")
    def _where_due(self) -> "Order":
        if (self.gear is not None) != (self.command is Command.SHIFT_GEAR):
            raise ValueError("SHIFT_GEAR takes a gear, and nothing else does")
        if (self.train is not None) != (self.command is Command.TRAIN):
            raise ValueError("TRAIN says what to train, and nothing else does")
        return self


@dataclass(frozen=True, slots=True)
class Ignored:
    """A control file that is not obeyed, and why."""

    reason: str


class ControlFile:
    """The daemon's side of it: looks only where the file was replaced, and obeys each order once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._first = True

    def look(self, last: int) -> Order | Ignored | None:
        """The order that has come since the last look, when its number is higher than `last`.

        At the first look, after a restart, the order that was obeyed last is no news.
        """
        first, self._first = self._first, False
        try:
            status = self._path.stat()
        except OSError:
            self._seen = None
            return None
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen == self._seen:
            return None
        self._seen = seen
        try:
            order = read(self._path)
        except ContractError as error:
            return Ignored(error.message)
        if order.seq == last and first:
            return None
        if order.seq <= last:
            return Ignored(f"order {order.seq} is no newer than {last}, which was obeyed")
        return order


def read(path: Path) -> Order:
    """The order in a file. Raises ContractError."""
    try:
        # never waits for a pipe that somebody put there
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = file.read(_LARGEST + 1) or b""
    except OSError as error:
        raise ContractError(f"{path.name}: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise ContractError(f"{path.name}: larger than {_LARGEST} bytes")
    order = Order.parse(data, source=path.name)
    order.canonical()  # so that nothing is obeyed that cannot be kept
    return order


def give(
    path: Path,
    command: Command,
    gear: Gear | None = None,
    *,
    train: Train | None = None,
    after: int = 0,
) -> Order:
    """Write an order whose number follows that of the order there, and `after`.

    Raises ContractError when there is no higher number, or the order is too long, OSError.
    """
    try:
        last = max(after, read(path).seq)
    except ContractError:
        last = after
    try:
        order = Order(seq=last + 1, command=command, gear=gear, train=train)
    except ValidationError:
        raise ContractError(f"{path.name}: no order can follow number {last}: remove it") from None
    text = order.canonical()
    if len(text) > _LARGEST:
        raise ContractError(f"{path.name}: an order has {_LARGEST} bytes at most, not {len(text)}")
    with replacing(path, mode=0o600) as file:
        file.write(text)
    return order
