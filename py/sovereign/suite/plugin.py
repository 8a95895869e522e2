"""Our part of pytest: which test looks at which expectation, from where, and what is written down."""

import re
from collections.abc import Callable, Iterator
from typing import get_type_hints

import pytest

from sovereign.expectations.base import Expectation
from sovereign.report import visible
from sovereign.suite.request import Credentials, Request, note_of
from sovereign.suite.result import Outcome, Result, Results
from sovereign.suite.transport import UnreachableError
from sovereign.suite.vantage import Vantage

_LONGEST = 600
"""As many characters of a message are kept."""


class Plugin:
    """Runs each test of the suite once for each expectation of the type that it takes."""

    def __init__(self, request: Request, tell: Callable[[str], None]) -> None:
        self._request = request
        self._tell = tell
        self._found: dict[str, Result] = {}

    @property
    def results(self) -> Results:
        """What was found, in the order of the expectations."""
        expected = self._request.document.expectations
        return Results(
            host=self._request.document.host,
            results=tuple(self._found[one.id] for one in expected if one.id in self._found),
        )

    @pytest.fixture(scope="session")
    def request_of_suite(self) -> Request:
        """All that was asked."""
        return self._request

    @pytest.fixture(scope="session")
    def inside(self) -> Vantage:
        """The host itself."""
        return self._request.inside

    @pytest.fixture(scope="session")
    def from_zone(self) -> Callable[[str], Vantage]:
        """The vantage in a zone, or a skip."""
        return self._request.from_zone

    @pytest.fixture(scope="session")
    def credentials(self) -> Credentials:
        """The secrets that are given."""
        return self._request.credentials

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise a test by the expectations of the type that its `expectation` is annotated with."""
        kind = get_type_hints(metafunc.function)["expectation"]
        found = [one for one in self._request.document.expectations if isinstance(one, kind)]
        metafunc.parametrize("expectation", found, ids=[one.id for one in found])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the tests of types of which nothing is expected."""
        items[:] = [item for item in items if _expectation(item) is not None]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what is known not to be provable here."""
        expectation = _expectation(item)
        reason = expectation and note_of(self._request.unproven, expectation.id)
        if reason:
            pytest.skip(reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        """Write down how a check went; what goes wrong around it is a failure of it."""
        report = yield
        expectation = _expectation(item)
        if expectation is not None:
            self._record(expectation, call)
        return report

    def _record(self, expectation: Expectation, call: pytest.CallInfo[None]) -> None:
        known = self._found.get(expectation.id)
        outcome, message = outcome_of(call.excinfo and call.excinfo.value)
        if call.when != "call" and outcome == "passed":
            return
        self._found[expectation.id] = Result(
            id=expectation.id,
            type=expectation.type,
            concern=expectation.concern,
            key=expectation.key,
            shared=expectation.shared,
            outcome=outcome,
            message=message,
            seconds=round(call.duration + (known.seconds if known else 0), 3),
            stand_in=note_of(self._request.stand_ins, expectation.id),
        )
        self._tell(f"{outcome:<7} {expectation.id}" + (f": {message}" if message else ""))


def _expectation(item: pytest.Item) -> Expectation | None:
    found = item.callspec.params.get("expectation") if isinstance(item, pytest.Function) else None
    return found if isinstance(found, Expectation) else None


def outcome_of(error: BaseException | None) -> tuple[Outcome, str]:
    """How a check went that ended so, and why, in one line."""
    if error is None:
        return "passed", ""
    if isinstance(error, pytest.skip.Exception):
        return "skipped", one_line(error.msg or "")
    if isinstance(error, pytest.fail.Exception):
        return "failed", one_line(error.msg or "")
    if isinstance(error, UnreachableError):
        return "failed", one_line(error.message)
    # A check reads what a machine said: what is not of that form ends in one of Python's own errors.
    said = f"{type(error).__name__}: {error}"
    return "failed", one_line(f"what the host answers cannot be understood ({said})")


def one_line(text: str) -> str:
    """A message as one line that a terminal can show, cut to a length that a person reads."""
    line = visible(re.sub(r"\s+", " ", text[: 4 * _LONGEST]).strip())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
