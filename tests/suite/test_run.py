"""`python -m sovereign.suite` as a whole: words, files, exit codes."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sovereign.run import Completed, run

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = {"concern": "storage", "key": "storage.pools", "shared": False}


def fields(kind: str, /, **given: object) -> dict[str, object]:
    return {**WRITTEN, "type": kind, **given}


PASSES = fields("processor", threads=os.cpu_count())
FAILS = fields("file", path="/no/such", kind="file", owner="root", group="root", mode="0644")
SKIPS = {**fields("gpu", name="p4", model="Tesla P4"), "concern": "hardware", "shared": True}


class Suite:
    """The suite with files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results.json"

    def run(
        self, expectations: Sequence[Mapping[str, object]], *words: str, inside: str = "local://"
    ) -> Completed:
        file = self.folder / "expectations.json"
        file.write_text(json.dumps({"host": "cloudlab", "expectations": expectations}))
        argv = [sys.executable, "-P", "-m", "sovereign.suite", "--expectations", str(file)]
        argv += ["--inside", inside, "--results", str(self.results), *words]
        return run(argv, env={"PYTHONPATH": str(ROOT / "py")}, check=False, cwd=self.folder)

    def note(self, name: str, notes: object) -> str:
        (self.folder / name).write_text(json.dumps(notes))
        return str(self.folder / name)

    @property
    def outcomes(self) -> list[tuple[str, str, str]]:
        written = json.loads(self.results.read_text())
        assert written["host"] == "cloudlab"
        return [(one["type"], one["outcome"], one["message"]) for one in written["results"]]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


def test_results_tell_each_expectation_in_order(suite: Suite) -> None:
    done = suite.run([SKIPS, FAILS, PASSES])
    assert done.code == 3
    assert suite.outcomes == [
        ("gpu", "skipped", "the host lacks nvidia-smi"),
        ("file", "failed", "/no/such is not there"),
        ("processor", "passed", ""),
    ]
    first = json.loads(suite.results.read_text())["results"][0]
    assert set(first) == {
        *("id", "type", "concern", "key", "shared"),
        *("outcome", "message", "seconds", "stand_in"),
    }
    assert (first["id"], first["concern"], first["shared"]) == ("gpu: p4", "hardware", True)
    assert "failed  file: /no/such: /no/such is not there" in done.err.splitlines()
    assert done.out == ""


def test_all_that_passes_or_is_skipped_is_well(suite: Suite) -> None:
    assert suite.run([SKIPS, PASSES]).code == 0
    assert suite.run([]).code == 0


def test_what_is_unproven_is_not_run_and_says_why(suite: Suite) -> None:
    notes = [
        {"id": "file: /no/.*", "reason": "a namespace has none"},
        {"id": "proc", "reason": "x"},
    ]
    assert suite.run([FAILS, PASSES], "--unproven", suite.note("unproven.json", notes)).code == 0
    assert suite.outcomes == [
        ("file", "skipped", "a namespace has none"),
        ("processor", "passed", ""),  # an id is matched as a whole
    ]


def test_what_stands_in_for_nixos_is_told(suite: Suite) -> None:
    notes = [{"id": "file: .*", "text": "smb.conf rendered by stand-in"}]
    assert suite.run([FAILS, PASSES], "--stand-ins", suite.note("notes.json", notes)).code == 3
    written = json.loads(suite.results.read_text())["results"]
    assert [one["stand_in"] for one in written] == ["smb.conf rendered by stand-in", None]


def test_only_some_concerns(suite: Suite) -> None:
    assert suite.run([SKIPS, FAILS], "--only", "hardware,network").code == 0
    assert [kind for kind, _, _ in suite.outcomes] == ["gpu"]


def test_junit(suite: Suite) -> None:
    report = suite.folder / "junit.xml"
    hostile = fields("file", path="/a\x1b]0;<&", kind="file", owner="r", group="r", mode="1")
    suite.run([SKIPS, hostile, PASSES], "--junit", str(report))
    (cases,) = ElementTree.parse(report).getroot()
    assert (cases.get("tests"), cases.get("failures"), cases.get("skipped")) == ("3", "1", "1")
    assert [[tag.tag for tag in case] for case in cases] == [["skipped"], ["failure"], []]


@pytest.mark.parametrize(
    ("words", "inside", "code", "said"),
    [
        ([], "nsenter://4194305", 1, "error[VER001]: process 4194305: nsenter: "),
        ([], "ssh://nobody@127.0.0.1:1", 1, "error[VER001]: nobody@127.0.0.1: "),
        ([], "ssh://a:secret@b", 2, "error[SOV002]: "),
        ([], "ssh://-oProxyCommand=x", 2, "error[SOV002]: "),
        ([], "chroot:///x", 2, "error[SOV002]: 'chroot:///x' is no vantage"),
        (["--from", "data"], "local://", 2, "error[SOV002]: 'data' names no vantage of a zone"),
        (["--unproven", "/no/such"], "local://", 1, "error[VER003]: /no/such cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_looked_at(
    suite: Suite, words: list[str], inside: str, code: int, said: str
) -> None:
    done = suite.run([PASSES], *words, inside=inside)
    assert (done.code, suite.results.exists()) == (code, False)
    assert done.err.splitlines()[-1].startswith(said)
    assert "Traceback" not in done.err
    assert "secret" not in done.err or inside.startswith("ssh://a:")


def test_a_machine_in_a_zone_that_cannot_be_reached_is_a_reason_to_skip(suite: Suite) -> None:
    flow = fields(
        "flow", source="data", destination="host", address="10.0.0.1", ports=[1], allowed=False
    )
    assert suite.run([flow], "--from", "data=nsenter://4194305").code == 0
    ((_, outcome, message),) = suite.outcomes
    assert outcome == "skipped"
    assert message.startswith("the machine in data cannot be reached: process 4194305: nsenter: ")


def test_a_document_that_cannot_be_read(suite: Suite) -> None:
    done = suite.run([{"type": "no such"}])
    assert done.code == 1
    assert done.err.startswith("error[EXP001]: ")


def test_a_configuration_of_pytest_nearby_changes_nothing(suite: Suite) -> None:
    (suite.folder / "conftest.py").write_text("raise SystemExit(7)")
    (suite.folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    assert suite.run([PASSES]).code == 0
