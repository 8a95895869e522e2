"""Fossils: what models are trained on, each with what proves where it came from."""

from base64 import b64decode
from typing import Annotated, Literal

import rfc8785
from pydantic import Field, JsonValue

from scf.cid import Cid
from scf.contracts.base import Document

Text = Annotated[str, Field(min_length=1, max_length=256)]


class Verdict(Document):
    """What a verifier said of a fossil's bytes."""

    verifier: Text
    passed: bool
    detail: Annotated[str, Field(max_length=1024)] = ""


class Fossil(Document):
    """Bytes under their CID, a verdict on them, where they came from and what they were made of.

    `content` holds the bytes by `encoding`: a JSON value whose RFC 8785 form they are, text that
    they are in UTF-8, or base64.
    """

    cid: Cid
    encoding: Literal["json", "utf-8", "base64"]
    content: JsonValue
    media: Text
    source: Text
    parents: tuple[Cid, ...] = ()
    verdict: Verdict

    def raw(self) -> bytes:
        """The bytes that the CID names. Raises ValueError when `content` cannot be such."""
        if self.encoding == "json":
            return rfc8785.dumps(self.content)
        if not isinstance(self.content, str):
            raise ValueError(f"{self.encoding} content is a string")
        if self.encoding == "utf-8":
            return self.content.encode("utf-8")
        return b64decode(self.content, validate=True)
