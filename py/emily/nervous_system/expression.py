"""Key expressions: `*` matches one chunk, `**` any number; chunks that begin with '@' only themselves."""

import re
from functools import lru_cache

_ONE = r"[^/@][^/]*"


@lru_cache(maxsize=1024)
def pattern(expression: str) -> re.Pattern[str]:
    """Return the pattern of the keys that the expression matches."""
    text = ""
    for index, chunk in enumerate(expression.split("/")):
        slash = "/" if index else ""
        if chunk == "**":
            text += rf"(?:{slash}{_ONE})*" if index else rf"(?:{_ONE}(?:/{_ONE})*)?"
        else:
            text += slash + (_ONE if chunk == "*" else re.escape(chunk))
    return re.compile(text)


def matches(expression: str, key: str) -> bool:
    """Tell whether the expression matches the key."""
    return pattern(expression).fullmatch(key) is not None
