"""A place from where is looked: the machine itself, or one in a zone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import pytest
from pydantic import TypeAdapter, ValidationError

from sovereign.run import Completed
from sovereign.suite.host import Host, host_over
from sovereign.suite.transport import Transport, UnreachableError

_T = TypeVar("_T")

_MISSING = 127
_TIMED_OUT = 124
_TRIES = 3
"""A host that hangs may make each of hundreds of checks wait for its whole time."""

_CUT = 200
"""As many characters of what a program said are passed on."""


@dataclass(frozen=True)
class Vantage:
    """What a check may do on a machine."""

    name: str
    """`inside`, or the zone."""

    transport: Transport
    _silent: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    """Why it did not answer, each time since it last did."""

    @property
    def who(self) -> str:
        """What messages call it."""
        return "the host" if self.name == "inside" else f"the machine in {self.name}"

    @cached_property
    def host(self) -> Host:
        """The machine as testinfra sees it."""
        return host_over(self.transport)

    def run(self, *argv: str, stdin: str = "", timeout: float = 30) -> Completed:
        """Run a program to its end, whatever its exit code; skip where it is not installed."""
        done = self._run(argv, stdin, timeout)
        if done.code == _TIMED_OUT:
            pytest.fail(f"{argv[0]} did not finish within {timeout:g} s", pytrace=False)
        if done.code == _MISSING and not self.exists(argv[0]):
            pytest.skip(f"{self.who} lacks {argv[0]}")
        return done

    def output(self, *argv: str, stdin: str = "", timeout: float = 30) -> str:
        """What a program prints that must end well; without it the check fails."""
        done = self.run(*argv, stdin=stdin, timeout=timeout)
        if done.code != 0:
            pytest.fail(f"{argv[0]} exited with {done.code}: {last_line(done.err)}", pytrace=False)
        return done.out

    def answer(self, kind: type[_T], *argv: str, stdin: str = "") -> _T:
        """What a program prints as JSON of this shape."""
        text = self.output(*argv, stdin=stdin)
        return parsed(kind, text, argv[0])

    def exists(self, program: str) -> bool:
        """Whether a program is on PATH."""
        asked = ("sh", "-c", 'command -v -- "$1"', "sh", program)
        done = self._run(asked, "", 30)
        if done.code == _TIMED_OUT:
            pytest.fail(f"{self.who} does not answer within 30 s", pytrace=False)
        return done.code == 0

    def _run(self, argv: tuple[str, ...], stdin: str, timeout: float) -> Completed:
        """Run a program; who did not answer a few times in a row is not waited for again."""
        if len(self._silent) >= _TRIES:
            pytest.fail(f"{self.who} answers no more: {self._silent[-1]}", pytrace=False)
        try:
            done = self.transport.run(argv, stdin, timeout)
        except UnreachableError as error:
            self._silent.append(error.message)
            pytest.fail(f"{self.who}: {error.message}", pytrace=False)
        self._silent.clear()
        return done

    def need(self, *programs: str) -> None:
        """Skip unless these programs are on PATH."""
        missing = [name for name in programs if not self.exists(name)]
        if missing:
            pytest.skip(f"{self.who} lacks {', '.join(missing)}")

    @contextmanager
    def secret(self, text: str) -> Iterator[str]:
        """A file that holds a secret, readable by its owner alone, in memory, for as long as it is needed."""
        make = 'umask 077; f=$(mktemp "${XDG_RUNTIME_DIR:-/run}/sovereign.XXXXXXXX") && cat >"$f" && echo "$f"'
        done = self.run("sh", "-c", make, stdin=text)
        if done.code != 0:
            pytest.skip(f"{self.who} has no place for a secret: {last_line(done.err)}")
        path = done.out.strip()
        try:
            yield path
        finally:
            self.transport.run(("rm", "-f", "--", path), "", 30)


def unreachable(vantage: Vantage) -> str:
    """Why no program can be run there, or nothing."""
    try:
        done = vantage.transport.run(("true",), "", 30)
    except UnreachableError as error:
        return error.message
    return "" if done.code == 0 else f"no program can be run there: {last_line(done.err)}"


def parsed(kind: type[_T], text: str, what: str) -> _T:
    """Read JSON of a shape; what is not of it fails the check."""
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError:
        pytest.fail(f"{what} answers with what cannot be read: {last_line(text)}", pytrace=False)


def last_line(text: str) -> str:
    """The last line that a program said, short."""
    lines = text[-4096:].strip().splitlines() or ["nothing was said"]
    return lines[-1][:_CUT]


def quoted(value: object) -> str:
    """A value as a message shows it."""
    return json.dumps(value, ensure_ascii=False)


def require(holds: bool, message: str) -> None:
    """Fail with a message that says what was expected and what was found."""
    if not holds:
        pytest.fail(message, pytrace=False)
