"""What came out of each check: the suite writes it, who started the suite reads it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias
from xml.etree import ElementTree

from pydantic import BaseModel, ConfigDict, ValidationError

from sovereign.errors import SovereignError
from sovereign.files import read_file
from sovereign.report import visible

Outcome: TypeAlias = Literal["passed", "failed", "skipped"]


class InvalidResultsError(SovereignError):
    """A file of results cannot be read."""

    code: ClassVar[str] = "VER002"


class Result(BaseModel):
    """One check: its expectation, how it went, and why, in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    type: str
    concern: str
    key: str
    shared: bool
    outcome: Outcome
    message: str = ""
    seconds: float
    stand_in: str | None = None
    """What of NixOS was stood in for, or nothing."""


class Results(BaseModel):
    """All checks of one host, in the order of its expectations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    results: tuple[Result, ...]

    def text(self) -> str:
        """Write it as JSON."""
        return self.model_dump_json(indent=1) + "\n"

    def of(self, outcome: Outcome) -> tuple[Result, ...]:
        """The checks that went so."""
        return tuple(result for result in self.results if result.outcome == outcome)


def read_results(file: Path) -> Results:
    """Read what the suite wrote. Raises InvalidResultsError."""
    try:
        return Results.model_validate_json(read_file(file))
    except (OSError, ValidationError) as error:
        raise InvalidResultsError(f"{file} holds no results of the suite: {error}") from error


def junit(hosts: Iterable[Results]) -> str:
    """Write results as JUnit XML: a suite for each host, a class for each type of check."""
    root = ElementTree.Element("testsuites")
    for found in hosts:
        counts = Counter(result.outcome for result in found.results)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=found.host,
            tests=str(len(found.results)),
            failures=str(counts["failed"]),
            skipped=str(counts["skipped"]),
            errors="0",
            time=f"{sum(result.seconds for result in found.results):.3f}",
        )
        for result in found.results:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"{found.host}.{result.type}",
                name=visible(result.id),
                time=f"{result.seconds:.3f}",
            )
            if result.outcome != "passed":
                tag = "failure" if result.outcome == "failed" else "skipped"
                ElementTree.SubElement(case, tag, message=result.message).text = result.key
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
