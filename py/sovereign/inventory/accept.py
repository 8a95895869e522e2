"""A warning that the owner takes."""

from typing import Annotated

from pydantic import StringConstraints

from sovereign.inventory.base import Model, Text, spelled


class Acceptance(Model):
    """A warning that the owner has read and takes, with the reason; bound to one key."""

    code: Annotated[str, *spelled("[A-Z]{2,4}[0-9]{3}", "STO004", 7)]
    key: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    """Key path as a finding shows it, like "storage.pools.ember.special"."""

    reason: Text
