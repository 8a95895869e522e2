"""Words of any language here in the 27 symbols of Joshi, Halseth & Kanerva 2016."""

import re
import unicodedata
from collections.abc import Iterable

ALPHABET = "abcdefghijklmnopqrstuvwxyz "

# Latin letters that are no base letter with a mark.
_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i"}

# One reading for all languages in Cyrillic, so that none is known by a spelling of its own.
_CYRILLIC = dict(
    zip(
        "абвгґѓдђеёєэзѕиійїыјкќлљмнњопрстћцуўф",
        "abvgggddeeeezziiiiyjkkllmnnoprstccuuf",
        strict=True,
    )
)
_DIGRAPHS = {"ж": "zh", "\u0445": "kh", "ч": "ch", "џ": "dj", "ш": "sh", "щ": "shch"}
_DIGRAPHS |= {"ю": "yu", "я": "ya", "ъ": "", "ь": ""}
_READING = str.maketrans(_LATIN | _CYRILLIC | _DIGRAPHS)


def normalise(words: Iterable[str]) -> str:
    """Small Latin letters without marks, one space between words."""
    text = unicodedata.normalize("NFKD", " ".join(words).casefold().translate(_READING))
    return " ".join(re.sub("[^a-z ]", "", text).split())
