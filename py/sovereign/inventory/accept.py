"""A warning that the owner takes."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from sovereign.inventory.base import Model, Text, spelled
from sovereign.inventory.locate import parse_dotted


def _key_path(text: str) -> str:
    try:
        parse_dotted(text)
    except ValueError as error:
        reason = {"reason": str(error)}
        raise PydanticCustomError("spelling", "this is no key path: {reason}", reason) from error
    return text


class Acceptance(Model):
    """A warning that the owner has read and takes, with the reason; bound to one key."""

    code: Annotated[str, *spelled("[A-Z]{2,4}[0-9]{3}", "STO020", 7)]
    key: Annotated[Text, AfterValidator(_key_path)]
    """Key path as a finding shows it, like "storage.pools.ember.special"."""

    reason: Text
