"""SQL as PostgreSQL reads it with `standard_conforming_strings` on, which is its default."""

import re
from dataclasses import dataclass

from sovereign.text.characters import visible
from sovereign.text.environment import Language
from sovereign.text.errors import TextError

_UNFIT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of a table, a column, a role, a database or an extension."""

    name: str


def identifier(name: str) -> str:
    """Quote a name, which keeps its case.

    Raises TextError for an empty name, control characters, and more than 63 bytes, where
    PostgreSQL would cut it (NAMEDATALEN).
    """
    visible(name, "an SQL identifier")
    if not 0 < len(name.encode()) <= 63:
        raise TextError(f"{name!r} is no SQL identifier: it takes 1 to 63 bytes")
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Write a string, an integer, a truth value or NULL.

    Raises TextError for a NUL, a lone surrogate and every other type.
    """
    if value is None:
        return "NULL"
    if type(value) is bool:
        return "TRUE" if value else "FALSE"
    if type(value) is int:
        # `a -{{ n }}` must not become a comment.
        return str(value) if value >= 0 else f"({value})"
    if type(value) is str:
        if _UNFIT.search(value):
            raise TextError(f"{value!a} holds a NUL or a lone surrogate, which SQL cannot")
        return "'" + value.replace("'", "''") + "'"
    raise TextError(f"{type(value).__name__} has no form in SQL")


def _write(value: object) -> str:
    if type(value) is list or type(value) is tuple:
        return ", ".join(map(_write, value))
    if type(value) is Identifier:
        return identifier(value.name)
    return literal(value)


SQL = Language(
    name="SQL",
    write=_write,
    # A word before a tag would join the quote: E'…' and U&'…' read backslashes.
    complete=re.compile(
        r"""(?>
            [^"'/$\-\w&]
            | [\w&](?=.)
            | ' [^']* '
            | " [^"]* "
            | --[^\n]*\n
            | -(?!-)
            | /\* (?>[^*/]|\*(?!/)|/(?!\*))* \*/
            | /(?!\*)
            | (\$\w*\$) .*? \1
            | \$(?=\d)
        )*""",
        re.VERBOSE | re.DOTALL,
    ),
)
