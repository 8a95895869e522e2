"""A NixOS module: the set of definitions in it, whichever way it is written."""

from collections.abc import Iterator

from sovereign.nix.options.values import Attrs, Function, Items, Several, Value

_AROUND = frozenset({"_class", "_file", "key", "disabledModules", "imports", "require"})
_WRAPPED = frozenset({"config", "options"})


def definitions(module: Value) -> Iterator[Attrs]:
    """Go through the sets of definitions of a module and of the modules written in its `imports`.

    A module is a set, or a function that gives one; its definitions stand below `config`, or, where
    there is neither `config` nor `options`, at the top.
    """
    match module:
        case Function(result):
            yield from definitions(result)
        case Several(parts):
            for part in parts:
                yield from definitions(part)
        case Attrs(attrs, span):
            for attr in attrs:
                if attr.name == "imports" and isinstance(attr.value, Items):
                    for item in attr.value.items:
                        yield from definitions(item)
            if any(attr.name in _WRAPPED for attr in attrs):
                for attr in attrs:
                    if attr.name == "config":
                        yield from _sets(attr.value)
            else:
                yield Attrs(tuple(a for a in attrs if a.name not in _AROUND), span)
        case _:
            return


def _sets(value: Value) -> Iterator[Attrs]:
    """Go through the sets in a value: itself, or the parts of `lib.mkMerge`."""
    match value:
        case Attrs():
            yield value
        case Several(parts):
            for part in parts:
                yield from _sets(part)
        case _:
            return
