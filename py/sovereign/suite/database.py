"""Questions to PostgreSQL, as its own account over the socket; values go in as variables, never pasted."""

from typing import TypeVar

from sovereign.suite.request import Request
from sovereign.suite.vantage import last_line, parsed, require

_T = TypeVar("_T")

_USUAL = 5432


def query(
    request: Request, kind: type[_T], sql: str, database: str = "postgres", **values: str
) -> _T:
    """The one JSON value that a statement selects; `:'name'` in it stands for a given value."""
    variables = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
    quiet = ("-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1", *variables)
    psql = ("psql", *quiet, *port_of(request), "-d", database)
    done = request.inside.run("runuser", "-u", "postgres", "--", *psql, stdin=sql)
    require(done.code == 0, f"PostgreSQL does not answer: {last_line(done.err)}")
    return parsed(kind, done.out.strip(), "PostgreSQL")


def port_of(request: Request) -> tuple[str, ...]:
    """The words by which psql is told the port, where it is not its own; sockets have it too."""
    port = request.port("database", _USUAL)
    return () if port == _USUAL else ("-p", str(port))
