"""The base of every message: frozen, finite, and without a field that nobody declared."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Unit = Annotated[float, Field(ge=0, le=1)]
"""A share or level from 0 to 1."""

Count = Annotated[int, Field(ge=0, lt=1 << 63)]

Nanoseconds = Annotated[int, Field(ge=0, lt=1 << 63)]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""One chunk of a key."""

MAX_TEXT = 10_000
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class Contract(BaseModel):
    """A message, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
