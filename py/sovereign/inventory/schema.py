"""JSON Schema of the inventory's files."""

import json
from collections.abc import Mapping

from pydantic import BaseModel, JsonValue

from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> Mapping[str, str]:
    """The schema of fleet.toml and of host.toml, as JSON texts."""
    models: dict[str, type[BaseModel]] = {"fleet": Fleet, "host": Host}
    return {
        name: json.dumps({"$schema": _DIALECT, **_closed(model.model_json_schema())}, indent=2)
        + "\n"
        for name, model in models.items()
    }


def _closed(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse keys of a table that match none of its patterns; pydantic leaves them open."""
    closed = {key: _closed_value(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if "patternProperties" in closed else closed


def _closed_value(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return _closed(value)
    return [_closed_value(inner) for inner in value] if isinstance(value, list) else value
