"""The option that somebody meant, or that took the place of an old one."""

from collections.abc import Iterator
from difflib import get_close_matches

from sovereign.nix.options.facts import Path, UnknownOption
from sovereign.nix.options.index import OptionIndex
from sovereign.nix.options.words import option_name


def suggest(unknown: UnknownOption, index: OptionIndex) -> tuple[str, ...]:
    """Return up to three options like an unknown one, the likeliest first.

    They are its siblings of similar spelling, the options whose name differs only in dots and
    case, and those that end alike elsewhere in the tree.
    """
    found = dict.fromkeys(_candidates(unknown, index))
    return tuple(found)[:3]


def replaced_name(path: Path, index: OptionIndex) -> str | None:
    """Return the name of the replaced option that is set at a path or above it; None for none."""
    names = (option_name(path[:end]) for end in range(len(path), 0, -1))
    return next((name for name in names if name in index.replaced), None)


def _candidates(unknown: UnknownOption, index: OptionIndex) -> Iterator[str]:
    *parents, last = unknown.path
    for sibling in get_close_matches(last, unknown.siblings, n=3, cutoff=0.75):
        yield option_name((*parents, sibling))
    name = option_name(unknown.path)
    letters = _letters(name)
    yield from (known for known in index.names if _letters(known) == letters)
    alike = [known for known in index.names if known.endswith(f".{last}")]
    yield from get_close_matches(name, alike, n=3, cutoff=0.75)


def _letters(name: str) -> str:
    return name.replace(".", "").lower()
