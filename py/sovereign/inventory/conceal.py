"""Which text may hold a secret, and is therefore never shown."""

import re

_SECRET = re.compile(
    r"pas+w|pas+phrase|(pass|pwd?|auth)(?![a-z])|secret|token|private|preshared|psk|credential"
    r"|api_?key|\$\w{1,2}\$|://[^/\s]*@",
    re.IGNORECASE,
)
_PATH = r'"/[^"]*"'
_REFERENCE = re.compile(
    rf'[\w-]+\s*=\s*\{{\s*path\s*=\s*{_PATH}\s*(,\s*(owner|mode)\s*=\s*"[^"]*"\s*)*\}}|{_PATH}'
)


def may_hold_secret(text: str) -> bool:
    """Whether a key, or lines of TOML, speak of a secret that they do not merely refer to."""
    return _SECRET.search(_REFERENCE.sub("", text)) is not None
