"""testinfra's view of a machine, typed where it is used and run over our transports."""

import shlex
from dataclasses import dataclass
from typing import Protocol, cast

# testinfra has no types; Host below says what is used of it.
from testinfra.host import Host as _Host  # type: ignore[import-untyped]

from sovereign.suite.transport import Transport

_TIMEOUT_S = 30


class File(Protocol):
    """A file, its links followed."""

    exists: bool
    is_file: bool
    is_directory: bool
    user: str
    group: str
    mode: int


class User(Protocol):
    """An account."""

    exists: bool
    groups: list[str]
    password: str


class Host(Protocol):
    """The resources of a machine, by testinfra's names."""

    def file(self, path: str) -> File:
        """Look at a file."""
        ...

    def user(self, name: str) -> User:
        """Look at an account."""
        ...


@dataclass(frozen=True, slots=True)
class _Result:
    rc: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class _Backend:
    """What testinfra asks of a backend: commands of a shell, with quoted arguments."""

    transport: Transport

    def run(self, command: str, *args: str) -> _Result:
        words = tuple(shlex.quote(arg) for arg in args)
        script = command % words if words else command
        done = self.transport.run(("sh", "-c", script), "", _TIMEOUT_S)
        return _Result(done.code, done.out, done.err)


def host_over(transport: Transport) -> Host:
    """The machine that a transport leads to."""
    return cast("Host", _Host(_Backend(transport)))
