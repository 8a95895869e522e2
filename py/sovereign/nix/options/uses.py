"""What a module's text sets, held against the tree of options."""

from collections.abc import Iterator

from sovereign.nix.options.facts import Fact, facts
from sovereign.nix.options.index import OptionIndex
from sovereign.nix.options.module import definitions
from sovereign.nix.options.source import read_expression


def module_facts(text: str, index: OptionIndex) -> Iterator[Fact]:
    """Tell of every option that a module sets, and of everything in it that does not fit.

    A text that is no Nix sets nothing; to find such is the syntax check's task.
    """
    module = read_expression(text)
    if module is None:
        return
    for definition in definitions(module):
        yield from facts(index.root, definition, ())
