"""The option check: what a module sets exists, and has the type that NixOS asks for."""

from collections.abc import Iterator
from pathlib import Path

from sovereign.diagnostics import Diagnostic, Explanation, Severity, Span
from sovereign.nix.options import facts
from sovereign.nix.options.index import OptionIndex
from sovereign.nix.options.suggest import replaced_name, suggest
from sovereign.nix.options.uses import module_facts
from sovereign.nix.options.words import option_name, type_in_words, value_in_words

UNKNOWN_OPTION = "OPT001"
WRONG_TYPE = "OPT002"
REPLACED_OPTION = "OPT003"

CODES = {
    explanation.code: explanation
    for explanation in (
        Explanation(
            UNKNOWN_OPTION,
            "There is no such NixOS option",
            "NixOS refuses a definition of an option that no module declares. The option index lists"
            " what the release declares; an option newer than the index belongs in the overlay"
            " beside the option check, with its source.",
            "https://nixos.org/manual/nixos/stable/#sec-option-declarations",
        ),
        Explanation(
            WRONG_TYPE,
            "The value has another type than the option",
            "Every NixOS option has a type, and NixOS refuses a value that is not of it. A value"
            " that only evaluation can tell is not judged here.",
            "https://nixos.org/manual/nixos/stable/#sec-option-types",
        ),
        Explanation(
            REPLACED_OPTION,
            "The option was renamed or removed",
            "A renamed option is still taken, with a warning, until NixOS drops the old name. A"
            " removed one fails: what it did is set by another option, or is no longer done.",
            "https://nixos.org/manual/nixos/stable/release-notes",
        ),
    )
}


def check_module(text: str, file: Path, index: OptionIndex) -> tuple[Diagnostic, ...]:
    """Check every option that a NixOS module sets against an index; `file` names the module.

    OPT001: there is no such option. OPT002: the value has another type. OPT003: the option was
    renamed (a warning) or removed (an error). A place is reported once. A text that is no Nix
    gives nothing: that is for the syntax check.
    """
    found: dict[Diagnostic, None] = {}
    for fact in module_facts(text, index):
        found.update(dict.fromkeys(_findings(fact, file, index)))
    return tuple(found)


def _findings(fact: facts.Fact, file: Path, index: OptionIndex) -> Iterator[Diagnostic]:
    name = option_name(fact.path)
    match fact:
        case facts.Misfit(_, expected, value):
            yield Diagnostic(
                code=WRONG_TYPE,
                severity=Severity.ERROR,
                message=f"`{name}` takes {type_in_words(expected)}, not {value_in_words(value)}",
                file=file,
                span=value.span,
            )
        case _ if old := replaced_name(fact.path, index):
            yield _replaced(old, fact.span, file, index)
        case facts.UnknownOption():
            likely = " or ".join(f"`{known}`" for known in suggest(fact, index))
            yield Diagnostic(
                code=UNKNOWN_OPTION,
                severity=Severity.ERROR,
                message=f"there is no option `{name}`",
                file=file,
                span=fact.span,
                fix=f"did you mean {likely}?" if likely else "",
            )


def _replaced(old: str, span: Span, file: Path, index: OptionIndex) -> Diagnostic:
    entry = index.replaced[old]
    done = "was renamed" if entry.renamed else "was removed"
    return Diagnostic(
        code=REPLACED_OPTION,
        severity=Severity.WARNING if entry.renamed else Severity.ERROR,
        message=f"`{old}` {done} in {entry.since}",
        file=file,
        span=span,
        fix=f"set `{entry.instead}`" if entry.instead else f"leave `{old}` out",
        source=entry.source,
    )
