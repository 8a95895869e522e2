"""A machine that stops to answer in the middle: never a pass, never a crash, never hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sovereign.run import Completed
from sovereign.suite.plugin import outcome_of
from sovereign.suite.transport import Ssh, UnreachableError, transport
from sovereign.suite.vantage import Vantage

SILENT = UnreachableError("ssh did not finish within 45 s")


@dataclass
class Fading:
    """Answers in order; an error is raised."""

    answers: list[int | UnreachableError]
    asked: list[Sequence[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        del stdin, timeout
        self.asked.append(argv)
        answer = self.answers.pop(0)
        if isinstance(answer, UnreachableError):
            raise answer
        return Completed(tuple(argv), answer, "", "")


def outcome(vantage: Vantage) -> tuple[str, str]:
    try:
        vantage.run("true")
    except BaseException as error:  # pytest's outcomes are none of Exception
        return outcome_of(error)
    return "passed", ""


def test_after_three_silences_in_a_row_it_is_not_asked_again() -> None:
    transport = Fading([SILENT, SILENT, 0, SILENT, SILENT, SILENT])
    vantage = Vantage("data", transport)
    found = [outcome(vantage) for _ in range(8)]
    assert [one for one, _ in found] == ["failed"] * 2 + ["passed"] + ["failed"] * 5
    assert len(transport.asked) == 6
    assert found[-1][1] == f"the machine in data answers no more: {SILENT.message}"


@pytest.mark.parametrize("answer", [SILENT, 124])
def test_a_machine_that_hangs_lacks_no_program(answer: int | UnreachableError) -> None:
    vantage = Vantage("data", Fading([answer]))
    with pytest.raises(pytest.fail.Exception, match="the machine in data"):
        vantage.need("psql")


@pytest.mark.parametrize(("folder", "shared"), [("/tmp/sov-1", True), (f"/{'x' * 60}", False)])
def test_a_connection_is_kept_open_where_its_socket_can_have_a_path(
    folder: str, shared: bool
) -> None:
    found = transport("ssh://root@host", Path(folder))
    assert isinstance(found, Ssh)
    assert ("ControlMaster=auto" in found.options) == shared
