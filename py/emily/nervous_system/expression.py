"""Key expressions: `*` matches one chunk, `**` any number; chunks that begin with '@' only themselves."""

import re
from functools import lru_cache

_ONE = r"[^/@][^/]*"


@lru_cache(maxsize=1024)
def pattern(expression: str) -> re.Pattern[str]:
    """Return the pattern of the keys that the expression matches, each after a slash."""
    text = ""
    for chunk in expression.split("/"):
        if chunk == "**":
            text += f"(?:/{_ONE})*"
        else:
            text += "/" + (_ONE if chunk == "*" else re.escape(chunk))
    return re.compile(text)


def matches(expression: str, key: str) -> bool:
    """Tell whether the expression matches the key."""
    return pattern(expression).fullmatch(f"/{key}") is not None
