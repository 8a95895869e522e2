"""POSIX shell scripts: every value is one word, whatever it holds."""

import re
from functools import lru_cache
from pathlib import PurePath
from shlex import quote

from sovereign.text.characters import visible
from sovereign.text.environment import Language
from sovereign.text.errors import TextError


def word(value: object) -> str:
    """Quote a string, an integer or a path so that the shell reads it as one word.

    Raises TextError for control characters, among them NUL and newline, and other types.
    """
    if type(value) is int:
        return str(value)
    if type(value) is str:
        return _quoted(value)
    if isinstance(value, PurePath):
        return _quoted(str(value))
    raise TextError(f"{type(value).__name__} has no form in sh")


@lru_cache(maxsize=2**14)
def _quoted(text: str) -> str:
    return quote(visible(text, "sh"))


def words(value: object) -> str:
    """Quote one value as a word, or a list of values as words with spaces between."""
    if type(value) is list or type(value) is tuple:
        return " ".join(map(word, value))
    return word(value)


SH = Language(
    name="sh",
    write=words,
    # A here-document, a command in backquotes and `$((…))` must end before the next tag, as a
    # quoted word loses its meaning in them; so must a `$` or `\` that would join its quote.
    complete=re.compile(
        r"""(?>
            (?<![^\s;&|(]) \#[^\n]*\n
            | <<-? (['"]?) (\w+) \1 [^\n]*\n (?>.*?\n)?? \t*\2\n
            | \$\(\( .*? \)\)
            | \$(?!\(\(|') (?=.)
            | <(?!<)
            | [^"'`\\$<\#]
            | (?<=[^\s;&|(])\#
            | ' [^']* '
            | " (?>
                [^"\\$`] | \\. | \$(?![({])
                | \$\{ [^"'`{}]* \}
                | \$\( [^"'`()]* (?>(?>" (?>[^"\\$`]|\\.|\$(?![({]))* " | ' [^']* ') [^"'`()]*)* \)
              )* "
            | ` (?>[^`\\]|\\.)* `
            | \\.
        )*""",
        re.VERBOSE | re.DOTALL,
    ),
)
