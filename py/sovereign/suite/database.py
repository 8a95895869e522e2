"""Questions to PostgreSQL, as its own account over the socket; values go in as variables, never pasted."""

from typing import TypeVar

from sovereign.suite.vantage import Vantage, last_line, parsed, require

_T = TypeVar("_T")


def query(
    inside: Vantage, kind: type[_T], sql: str, database: str = "postgres", **values: str
) -> _T:
    """The one JSON value that a statement selects; `:'name'` in it stands for a given value."""
    variables = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
    psql = ("psql", "-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1", *variables)
    done = inside.run("runuser", "-u", "postgres", "--", *psql, "-d", database, stdin=sql)
    require(done.code == 0, f"PostgreSQL does not answer: {last_line(done.err)}")
    return parsed(kind, done.out.strip(), "PostgreSQL")
