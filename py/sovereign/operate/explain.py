"""All codes, from the loader, the review and the option check, with their reasons."""

from collections.abc import Mapping
from difflib import get_close_matches

from sovereign.diagnostics import Explanation
from sovereign.errors import UsageError
from sovereign.inventory import codes
from sovereign.nix.options.check import CODES as OPTION_CODES
from sovereign.review.run import CODES as REVIEW_CODES
from sovereign.review.run import rules

_TOOL = {
    explanation.code: explanation
    for explanation in (
        Explanation(
            "GEN001",
            "A generator made a text that does not parse",
            "Every module is parsed before anything is written. This is a fault of the generator, not"
            " of the inventory: please report it with the host's file.",
        ),
        Explanation(
            "INI001", "The folder holds a fleet already", "A new fleet overwrites nothing."
        ),
        Explanation(
            "INV000",
            "The inventory cannot be used",
            "Nothing is reviewed or written until all files can be read; each error stands above.",
        ),
        Explanation(
            "NIX001",
            "A value has no form in Nix",
            "Nix has no NUL in a string, no integer beyond 64 bits, no infinite number. What cannot be"
            " read back as the same value is not written.",
            "https://nix.dev/manual/nix/2.26/language/types",
        ),
        Explanation(
            "OPT100",
            "An option index cannot be read",
            "It is the options.json that nixpkgs builds: nix build .#option-index.",
        ),
        Explanation("SOV001", "The work failed", "The message says what to mend."),
        Explanation("SOV002", "The command was called with words that do not fit", "See --help."),
        Explanation(
            "SOV003", "A program is missing or failed", "The message names it and its last words."
        ),
        Explanation(
            "SOV004",
            "A file cannot be written",
            "Files are replaced whole: the one that was there is still as it was.",
        ),
        Explanation("SOV005", "A file or stream cannot be used", "The system's reason is given."),
        Explanation("SOV006", "There is not enough memory", "A fleet takes about 0.2 MB a host."),
        Explanation(
            "TXT001",
            "A value has no form in the language it is written in",
            "A newline in a shell word or a control character in a comment could become code.",
        ),
        Explanation(
            "TXT002",
            "A template is wrong",
            "A template prints values where code stands, and holds nothing but text and loops. This is"
            " a fault of the generator.",
        ),
    )
}


def explanations() -> Mapping[str, Explanation]:
    """Every code with its explanation, in order."""
    own = {**_TOOL, **codes.CODES, **REVIEW_CODES, **OPTION_CODES}
    return dict(sorted((own | {c: rule.explanation for c, rule in rules().items()}).items()))


def explain(code: str) -> Explanation:
    """The explanation of a code. Raises UsageError for one that does not exist."""
    known = explanations()
    found = known.get(code.upper())
    if found is None:
        near = get_close_matches(code.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "list all: sovereign explain"
        raise UsageError(f'no code is called "{code}"', hint=hint)
    return found
