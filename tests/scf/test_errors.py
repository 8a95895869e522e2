"""Errors: each class has a code of its own."""

import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module

import scf
from scf.errors import ScfError


def kinds(of: type[ScfError]) -> Iterator[type[ScfError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_error_has_a_code_of_its_own() -> None:
    for module in pkgutil.walk_packages(scf.__path__, "scf."):
        if not module.name.endswith("__main__"):
            try:
                import_module(module.name)
            except ModuleNotFoundError as error:
                assert error.name in {"torch", "mlflow", "ray", "pyarrow"}  # noqa: PT017 - an extra
    named = defaultdict(set)
    for kind in kinds(ScfError):
        if kind.__module__.startswith("scf.") and "code" in vars(kind):
            named[kind.code].add(f"{kind.__module__}.{kind.__name__}")
    assert {code: names for code, names in named.items() if len(names) > 1} == {}
