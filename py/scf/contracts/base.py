"""What every document has: one strict way in, one canonical way out, a CID as its name."""

from pathlib import Path
from typing import Annotated, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from scf.cid import cid_of
from scf.errors import ContractError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
"""A recipe, a model, an alias: small letters, digits and hyphens."""

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,126}$")]
"""A file beside others: never a path, never hidden."""

MAX_BYTES = 64 << 20
"""No document is larger."""


class Document(BaseModel):
    """A document that is one JSON object."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @classmethod
    def parse(cls, text: bytes | str, *, source: str) -> Self:
        """Read one from JSON; `source` names it in errors. Raises ContractError."""
        if len(text) > MAX_BYTES:
            raise ContractError(f"{source}: larger than {MAX_BYTES >> 20} MiB")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"]) or "the document"
            more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise ContractError(f"{source}: {place}: {first['msg']}{more}") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one from a file. Raises ContractError, OSError when it cannot be read."""
        with path.open("rb") as file:
            return cls.parse(file.read(MAX_BYTES + 1), source=path.name)

    def canonical(self) -> bytes:
        """The one way to write it, RFC 8785: what is hashed, signed and stored.

        Raises ContractError for a number beyond 2^53 where any JSON value may stand.
        """
        try:
            return rfc8785.dumps(self.model_dump(mode="json"))
        except rfc8785.CanonicalizationError as error:
            raise ContractError(f"{type(self).__name__}: {error}") from None

    @property
    def id(self) -> str:
        """The CID of its canonical form."""
        return cid_of(self.canonical())
