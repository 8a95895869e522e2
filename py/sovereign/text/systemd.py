"""Command lines of systemd units (`ExecStart=` and its kin; systemd.service(5), Command lines)."""

from collections.abc import Sequence

from sovereign.text.characters import visible

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"})


def word(value: str) -> str:
    """Quote an argument: no specifier, variable or escape in it is expanded.

    Not for the program itself, in which `$$` would stay. Raises TextError for control characters.
    """
    return f'"{visible(value, "a systemd unit").translate(_ESCAPES)}"'


def words(values: Sequence[str]) -> str:
    """Quote arguments, with spaces between."""
    return " ".join(map(word, values))
