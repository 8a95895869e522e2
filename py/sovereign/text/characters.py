"""Characters that have no business in a line of text that a person or a program reads."""

import re

from sovereign.text.errors import TextError

_HIDDEN = re.compile(
    "[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, line separators, bidirectional controls (Unicode TR 36, 3.3), surrogates."""


def visible(text: str, language: str) -> str:
    """Return the text, or raise TextError if it holds a character that would not be seen in it."""
    if found := _HIDDEN.search(text):
        raise TextError(
            f"{text[:60]!a} holds the character U+{ord(found[0]):04X}, "
            f"which has no place in {language} text"
        )
    return text
