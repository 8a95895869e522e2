"""A TOML document as tomllib gives it: values by key path. TOML has no null, so None is absence."""

from collections.abc import Mapping

from sovereign.diagnostics import KeyPath


def inside(value: object, part: str | int) -> object:
    """The value under a key of a table or an index of an array, or None."""
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def value_at(document: object, path: KeyPath) -> object:
    """The value at a key path, or None."""
    for part in path:
        document = inside(document, part)
    return document
