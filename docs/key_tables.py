"""The keys of a JSON Schema as Markdown tables, one for each TOML table."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel, Field, JsonValue

_REFERENCE = "_SecretFile"
_GENERIC = re.compile(r"^An? (size|rate|duration), like \S+$")
"""What a quantity says of itself where the key says nothing."""

# The models tell a kind by its example; reference/inventory.md says how each is spelt.
_KINDS: Mapping[JsonValue, str] = {
    "64GiB": "size",
    "1Gbit/s": "rate",
    "60h": "duration",
    "/persist/secrets/key": "path",
    "nvme-a": "name",
    "uplink": "name",
    "emily": "name",
    "nvme-a.swap": "disk or partition",
    "ipv4": "address",
    "ipv4interface": "address with prefix length",
    "ipv4network": "network",
    "ipv6network": "IPv6 network",
}


class Schema(BaseModel):
    """The part of JSON Schema that pydantic writes for the inventory."""

    ref: str = Field("", alias="$ref")
    definitions: "dict[str, Schema]" = Field({}, alias="$defs")
    type: str = ""
    description: str = ""
    properties: "dict[str, Schema]" = {}
    required: tuple[str, ...] = ()
    patterns: "dict[str, Schema]" = Field({}, alias="patternProperties")
    additional: "Schema | bool" = Field(False, alias="additionalProperties")
    items: "Schema | None" = None
    any_of: "tuple[Schema, ...]" = Field((), alias="anyOf")
    one_of: "tuple[Schema, ...]" = Field((), alias="oneOf")
    enum: tuple[JsonValue, ...] = ()
    const: JsonValue = None
    examples: tuple[JsonValue, ...] = ()
    format: str = ""
    minimum: float | None = None
    maximum: float | None = None
    default: JsonValue = None

    @property
    def each(self) -> "Schema | None":
        """What every value of a table with free keys is; None for another kind of value."""
        free = self.additional if isinstance(self.additional, Schema) else None
        return next(iter(self.patterns.values()), free)


class _Table(NamedTuple):
    path: str
    schema: Schema
    is_array: bool
    description: str

    @property
    def heading(self) -> str:
        return f"`[[{self.path}]]`" if self.is_array else f"`[{self.path}]`"


def key_tables(text: str) -> Iterator[str]:
    """Write a schema as Markdown: a heading and a table of keys for each TOML table."""
    root = Schema.model_validate_json(text)
    yield from _section(root, _Table("", root, False, root.description))


def _section(root: Schema, table: _Table) -> Iterator[str]:
    rows, inner_tables = [], []
    for key, given in table.schema.properties.items():
        inner = _table_of(root, given, f"{table.path}.{key}".removeprefix("."))
        if inner:
            inner_tables.append(inner)
        else:
            default = "required" if key in table.schema.required else _default(given.default)
            about = _GENERIC.sub("", given.description.replace("\n", " "))
            rows.append(f"| `{key}` | {_value(root, given)} | {default} | {about} |")
    if table.path:
        yield f"### {table.heading}\n\n{table.description}\n"
    if rows:
        yield "\n".join(["| Key | Value | Default | |", "|---|---|---|---|", *rows, ""])
    for inner in inner_tables:
        yield from _section(root, inner)


def _table_of(root: Schema, given: Schema, path: str) -> _Table | None:
    """The TOML table that a key opens; None for a key with a plain value, or a secret."""
    schema, is_array = given, False
    while not schema.properties:
        schema = _chosen(schema)
        if schema.ref:
            name = schema.ref.rpartition("/")[2]
            schema = root.definitions[name]
            if name == _REFERENCE:
                return None
        elif schema.items:
            schema, is_array = schema.items, True
        elif schema.each:
            schema, path = schema.each, f"{path}.<name>"
        else:
            return None
    return _Table(path, schema, is_array, given.description or schema.description)


def _chosen(schema: Schema) -> Schema:
    """The one part of a union that is not null."""
    options = [option for option in schema.any_of if option.type != "null"]
    return options[0] if len(options) == 1 else schema


def _value(root: Schema, given: Schema) -> str:
    """How a value is written: words to choose from, a range, or an example."""
    schema = _chosen(given)
    options = [option for option in (*schema.any_of, *schema.one_of) if option.type != "null"]
    if options:
        return " or ".join(_value(root, option) for option in options)
    if schema.ref.endswith(_REFERENCE):
        return "[secret](#secrets)"
    if schema.items:
        return f"array of {_value(root, schema.items)}"
    if schema.each:
        return f"table of {_value(root, schema.each)}"
    if schema.enum or schema.const is not None:
        return ", ".join(f"`{json.dumps(word)}`" for word in schema.enum or (schema.const,))
    if schema.type in {"integer", "number"}:
        return f"{schema.type}{_range(schema)}"
    if schema.type == "boolean":
        return "`true`, `false`"
    example = next(iter(schema.examples), schema.format or None)
    if example is None or isinstance(example, list | dict):
        return "text"
    return _KINDS.get(example, f"`{json.dumps(example)}`")


def _range(schema: Schema) -> str:
    if schema.minimum is None or schema.maximum is None:
        return ""
    return f", {schema.minimum:g} to {schema.maximum:.15g}"


def _default(value: JsonValue) -> str:
    return "" if value in (None, [], {}) else f"`{json.dumps(value)}`"
