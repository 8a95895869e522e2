"""Machines to look at: real ones in namespaces, and ones that answer what was recorded."""

import inspect
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from pydantic import TypeAdapter

import sovereign.suite
from sovereign.expectations.base import Expectation
from sovereign.expectations.document import AnyExpectation, Document
from sovereign.run import Completed
from sovereign.suite.nixos import System
from sovereign.suite.plugin import outcome_of
from sovereign.suite.reach import Reach
from sovereign.suite.request import Credentials, Request
from sovereign.suite.systemd import Settings
from sovereign.suite.transport import Local, Nsenter, Transport
from sovereign.suite.vantage import Vantage

_EXPECTATION: TypeAdapter[Expectation] = TypeAdapter(AnyExpectation)


def expect(kind: str, /, **fields: object) -> Expectation:
    """An expectation as the document holds it."""
    return _EXPECTATION.validate_python({"type": kind, "concern": "test", "key": "a.b", **fields})


@dataclass(frozen=True)
class Recorded:
    """Answers a command by the longest beginning of it that was recorded; others are not installed."""

    answers: Mapping[str, str | Sequence[object]]
    asked: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        del stdin, timeout
        line = " ".join(argv)
        self.asked.append(line)
        known = max((key for key in self.answers if line.startswith(key)), key=len, default=None)
        if known is None:
            return Completed(tuple(argv), 127, "", f"{argv[0]}: not found")
        answer = self.answers[known]
        code, out, err = (0, answer, "") if isinstance(answer, str) else (*answer, "")[:3]
        return Completed(tuple(argv), int(str(code)), str(out), str(err))


@cache
def checks() -> dict[type[Expectation], object]:
    """The test of each type of expectation, found as the plugin finds it."""
    folder = Path(sovereign.suite.__file__).parent
    found: dict[type[Expectation], object] = {}
    for file in sorted(folder.glob("test_*.py")):
        module = import_module(f"sovereign.suite.{file.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_"):
                found[get_type_hints(function)["expectation"]] = function
    return found


def look(
    expectation: Expectation,
    inside: Transport | None = None,
    zones: Mapping[str, Transport] | None = None,
    credentials: Path | None = None,
    others: Sequence[Expectation] = (),
) -> tuple[str, str]:
    """Put an expectation to its test: the outcome and the message."""
    request = Request(
        document=Document.of("host", [expectation, *others]),
        inside=Vantage("inside", inside or Local()),
        zones={zone: Vantage(zone, transport) for zone, transport in (zones or {}).items()},
        credentials=Credentials(credentials),
    )
    fixtures = {
        "expectation": expectation,
        "inside": request.inside,
        "from_zone": request.from_zone,
        "credentials": request.credentials,
        "request_of_suite": request,
        "reach": Reach(request),
        "settings": Settings(request),
        "system": System(request.inside),
    }
    function = checks()[type(expectation)]
    assert inspect.isfunction(function)
    wanted = inspect.signature(function).parameters
    try:
        function(**{name: value for name, value in fixtures.items() if name in wanted})
    except BaseException as error:  # pytest's outcomes are none of Exception
        return outcome_of(error)
    return "passed", ""


@dataclass(frozen=True)
class Machine:
    """A network and a mount namespace of its own."""

    pid: int

    @property
    def transport(self) -> Nsenter:
        return Nsenter(self.pid)

    def run(self, command: str, stdin: str = "") -> str:
        done = self.transport.run(("sh", "-euc", command), stdin, 60)
        assert done.code == 0, done.err
        return done.out

    @contextmanager
    def running(self, *argv: str, log: Path, ready: str) -> Iterator[None]:
        """A program that runs there meanwhile; `ready` is a shell test that waits for it."""
        with (
            log.open("wb") as out,
            subprocess.Popen(
                ["nsenter", f"--target={self.pid}", "--net", "--mount", "--", *argv],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            ) as process,
        ):
            try:
                wait = f"for i in $(seq 100); do {{ {ready}; }} && exit 0; sleep 0.1; done; exit 1"
                assert self.transport.run(("sh", "-c", wait), "", 30).code == 0, log.read_text()
                yield
            finally:
                process.terminate()


@contextmanager
def machine() -> Iterator[Machine]:
    """A machine with loopback; its namespaces end with it."""
    held, hold = os.pipe()
    argv = ["unshare", "--net", "--mount", "--propagation=private", "sh", "-c"]
    argv += ["ip link set lo up && echo up && read end"]
    process = subprocess.Popen(argv, stdin=held, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield Machine(process.pid)
    finally:
        os.close(hold)
        os.close(held)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def rules(*lines: str) -> str:
    """A table of nftables with these rules for what comes in."""
    body = "\n".join(lines)
    return f"table inet t {{\nchain i {{\ntype filter hook input priority 0;\n{body}\n}}\n}}\n"


def wire(one: Machine, other: Machine, name: str, one_address: str, other_address: str) -> None:
    """Join two machines by a link; both ends have its name."""
    link = f"ip link add {name} type veth peer name {name} netns {other.pid}"
    subprocess.run(["nsenter", f"--target={one.pid}", "--net", "--", *link.split()], check=True)
    for end, address in ((one, one_address), (other, other_address)):
        end.run(f"ip address add {address} dev {name} && ip link set {name} up")
