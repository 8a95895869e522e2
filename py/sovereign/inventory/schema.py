"""JSON Schema of the inventory's files."""

import json
from collections.abc import Mapping

from pydantic import BaseModel

from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> Mapping[str, str]:
    """The schema of fleet.toml and of host.toml, as JSON texts."""
    models: dict[str, type[BaseModel]] = {"fleet": Fleet, "host": Host}
    return {
        name: json.dumps({"$schema": _DIALECT} | model.model_json_schema(), indent=2) + "\n"
        for name, model in models.items()
    }
