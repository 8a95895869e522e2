"""What pydantic and tomllib refuse, in words: the code, what is wrong, and what to write instead."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sovereign.diagnostics import Diagnostic, KeyPath, Severity, Span
from sovereign.inventory.conceal import may_hold_secret
from sovereign.inventory.document import inside, value_at
from sovereign.inventory.locate import syntax_problem

_Schema: TypeAlias = Mapping[str, object]

_CODES = {
    "missing": "INV011",
    "extra_forbidden": "INV010",
    "literal_error": "INV015",
    "secret_value": "INV016",
    "secret_in_store": "INV016",
    "secret_mode": "INV016",
    "control_character": "INV017",
    "empty": "INV014",
    "finite_number": "INV014",
}
_CODES |= dict.fromkeys(
    ("greater_than", "greater_than_equal", "less_than", "less_than_equal"), "INV014"
)


def explain_validation(
    error: ValidationError, model: type[BaseModel], document: Mapping[str, object], file: Path
) -> list[Diagnostic]:
    """Turn everything that pydantic found in one document into diagnostics."""
    schema = _schema_of(model)
    details = error.errors(include_url=False, include_input=False)
    return [_diagnose(detail, schema, document, file) for detail in details]


def explain_unreadable(error: Exception, file: Path) -> Diagnostic:
    """Say why a file could not be read as TOML."""
    if isinstance(error, OSError):
        message = f"cannot read the file: {error.strerror}"
        absent = isinstance(error, FileNotFoundError) and (file.parent / "generated").exists()
        fix = "write it again, or remove the folder with what was generated from it"
        return Diagnostic("INV003", Severity.ERROR, message, file, fix=fix if absent else "")
    if isinstance(error, RecursionError):
        message = "the file is nested too deeply"
        return Diagnostic("INV001", Severity.ERROR, message, file, span=Span(1, 1, 1))
    code = "INV002" if isinstance(error, UnicodeDecodeError) else "INV001"
    message, span = syntax_problem(file.read_bytes()) or (str(error), Span(1, 1, 1))
    return Diagnostic(code, Severity.ERROR, message, file, span=span)


@cache
def _schema_of(model: type[BaseModel]) -> _Schema:
    return model.model_json_schema()


def _diagnose(
    detail: ErrorDetails, schema: _Schema, document: Mapping[str, object], file: Path
) -> Diagnostic:
    kind = detail["type"]
    at = _place(detail["loc"], document, missing=kind == "missing")
    code = _CODES.get(kind, "INV012" if kind.endswith("_type") else "INV013")
    message, fix = _words(detail, at, schema, document)
    return Diagnostic(
        code,
        Severity.ERROR,
        message,
        file,
        at=at,
        part="key" if kind == "extra_forbidden" or detail["loc"][-1] == "[key]" else "value",
        fix=fix,
        conceal=kind == "secret_value"
        or any(may_hold_secret(str(part)) for part in at)
        or (kind.endswith("_type") and _has_secret(_schema_at(schema, at))),
    )


def _has_secret(schema: _Schema) -> bool:
    """Whether a table holds a secret, so that what stands in its place may be one."""
    properties = schema.get("properties")
    return isinstance(properties, Mapping) and any(map(may_hold_secret, properties))


def _place(loc: tuple[int | str, ...], document: object, *, missing: bool) -> KeyPath:
    """Drop from pydantic's location what is no key of the document: the tags of unions."""
    place: list[str | int] = []
    for part in loc:
        found = inside(document, part)
        if found is not None:
            document = found
            place.append(part)
    return (*place, loc[-1]) if missing else tuple(place)


def _words(
    detail: ErrorDetails, at: KeyPath, schema: _Schema, document: Mapping[str, object]
) -> tuple[str, str]:
    """Say what is wrong, and what to write instead."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f'the key "{at[-1]}" is missing', _example(_schema_at(schema, at))
        case "extra_forbidden":
            return f'the key "{at[-1]}" is not known', _known_keys(schema, at)
        case "literal_error":
            return f"this must be {context['expected']}", _near(schema, at, document)
        case "string_pattern_mismatch":
            named = detail["loc"][-1] == "[key]"
            example = _name_example(_schema_at(schema, at[:-1])) if named else ""
            example = example or _example(_schema_at(schema, at))
            return "this is not written as it must be", example or f"match {context['pattern']}"
        case kind if kind in _BOUNDS:
            return f"this must be {_BOUNDS[kind].format_map(context)}", ""
        case "dict_type" | "model_type" | "model_attributes_type":
            return "this must be a table", "write { key = value }, or a table [section]"
        case "tuple_type":
            return "this must be an array", "write [ value, value ]"
        case kind if kind.endswith("_type"):
            noun = (
                kind.removesuffix("_type").replace("bool", "true or false").replace("int", "whole")
            )
            article = {"whole": "a whole number", "true or false": noun}.get(noun, f"a {noun}")
            return f"this must be {article}", _example(_schema_at(schema, at))
        case "secret_in_store":
            return detail["msg"], "name a file outside /nix/store, like /persist/secrets/name"
        case "secret_mode":
            return detail["msg"], 'write mode = "0400" or "0440"'
        case "ip_v4_interface" | "ip_v4_network" | "ip_v4_address":
            what, example = _IP[detail["type"]]
            return f"this is no {what}", f"write it like {example}"
    return detail["msg"], ""


_BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters long",
}
_IP = {
    "ip_v4_interface": ("IPv4 address with a prefix length", '"10.10.0.2/24"'),
    "ip_v4_network": ("IPv4 network; bits behind the prefix length are 0", '"10.10.0.0/24"'),
    "ip_v4_address": ("IPv4 address", '"10.10.0.2"'),
}


def _known_keys(schema: _Schema, at: KeyPath) -> str:
    properties = _schema_at(schema, at[:-1]).get("properties")
    known = list(properties) if isinstance(properties, Mapping) else []
    near = get_close_matches(str(at[-1]), known, n=1)
    return f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(known)}"


def _near(schema: _Schema, at: KeyPath, document: Mapping[str, object]) -> str:
    allowed = _schema_at(schema, at).get("enum")
    value = value_at(document, at)
    words = [word for word in allowed if isinstance(word, str)] if isinstance(allowed, list) else []
    near = get_close_matches(value, words, n=1) if isinstance(value, str) else []
    return f'did you mean "{near[0]}"?' if near else ""


def _name_example(schema: _Schema) -> str:
    names = schema.get("propertyNames")
    return _example(names) if isinstance(names, Mapping) else ""


def _example(schema: _Schema) -> str:
    examples = schema.get("examples")
    return f"write it like {json.dumps(examples[0])}" if isinstance(examples, list) else ""


def _schema_at(schema: _Schema, at: KeyPath) -> _Schema:
    """Walk a JSON Schema along a key path; an empty schema where it says nothing."""
    node = schema
    for part in at:
        node = _child(_resolve(schema, node), part)
    return _resolve(schema, node)


def _child(node: _Schema, part: str | int) -> _Schema:
    properties, patterns = node.get("properties"), node.get("patternProperties")
    if isinstance(properties, Mapping) and part in properties:
        child = properties[part]
    elif isinstance(patterns, Mapping):
        child = next(iter(patterns.values()))
    else:
        child = node.get("items" if isinstance(part, int) else "additionalProperties")
    return child if isinstance(child, Mapping) else {}


def _resolve(root: _Schema, node: _Schema) -> _Schema:
    """Follow a reference, and choose the part of a union that is not null."""
    while True:
        options = node.get("anyOf") or node.get("oneOf")
        if isinstance(reference := node.get("$ref"), str):
            definitions = root["$defs"]
            node = (
                definitions[reference.rpartition("/")[2]]
                if isinstance(definitions, Mapping)
                else {}
            )
        elif isinstance(options, list):
            node = next((o for o in options if o.get("type") != "null" and "const" not in o), {})
        else:
            return node
