"""What a newer NixOS changes for the modules of a fleet."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sovereign.diagnostics import Span
from sovereign.nix.options import facts
from sovereign.nix.options.index import OptionIndex
from sovereign.nix.options.suggest import replaced_name
from sovereign.nix.options.uses import module_facts
from sovereign.nix.options.words import option_name, type_in_words, value_in_words


class ChangeKind(StrEnum):
    """What becomes of an option that a module sets."""

    REMOVED = "removed"
    RETYPED = "retyped"
    ADDED = "added"


@dataclass(frozen=True, slots=True, order=True)
class OptionChange:
    """One option that a host's module sets and that two indexes tell of differently.

    `removed`: only the old one has it. `retyped`: the new one no longer takes the value. `added`:
    only the new one has it. `detail` says what to set instead, or what the new type is.
    """

    host: str
    file: Path
    line: int
    column: int
    option: str
    kind: ChangeKind
    detail: str = ""


def diff(
    old: OptionIndex, new: OptionIndex, modules: Mapping[str, Mapping[Path, str]]
) -> tuple[OptionChange, ...]:
    """Compare two indexes by what `modules` set: host → file → the module's text.

    The changes are sorted by host, file and place. A host without one is not broken by the step.
    """
    changes = {
        change
        for host, files in modules.items()
        for file, text in files.items()
        for change in _module_changes(old, new, host, file, text)
    }
    return tuple(sorted(changes))


def _module_changes(
    old: OptionIndex, new: OptionIndex, host: str, file: Path, text: str
) -> list[OptionChange]:
    before, after = tuple(module_facts(text, old)), tuple(module_facts(text, new))
    was_unknown, is_unknown = _unknown(before), _unknown(after)
    did_not_fit = {
        (fact.path, fact.value.span) for fact in before if isinstance(fact, facts.Misfit)
    }

    def change(kind: ChangeKind, path: facts.Path, span: Span, detail: str = "") -> OptionChange:
        return OptionChange(host, file, span.line, span.column, option_name(path), kind, detail)

    changes = [
        change(ChangeKind.REMOVED, path, span, _instead(new, path))
        for path, span in is_unknown - was_unknown
    ]
    changes += [change(ChangeKind.ADDED, path, span) for path, span in was_unknown - is_unknown]
    changes += [
        change(
            ChangeKind.RETYPED,
            fact.path,
            fact.value.span,
            f"takes {type_in_words(fact.expected)}, not {value_in_words(fact.value)}",
        )
        for fact in after
        if isinstance(fact, facts.Misfit) and (fact.path, fact.value.span) not in did_not_fit
    ]
    return changes


def _unknown(found: tuple[facts.Fact, ...]) -> set[tuple[facts.Path, Span]]:
    return {(fact.path, fact.span) for fact in found if isinstance(fact, facts.UnknownOption)}


def _instead(index: OptionIndex, path: facts.Path) -> str:
    old = replaced_name(path, index)
    instead = index.replaced[old].instead if old else ""
    return f"set {instead}" if instead else ""
