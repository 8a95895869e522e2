"""Who reaches whom: a port is reached when something answers, be it with a refusal."""

from collections.abc import Callable

import pytest

from sovereign.expectations.flow import Flow
from sovereign.suite.reach import Reach
from sovereign.suite.request import Request
from sovereign.suite.uplink import known
from sovereign.suite.vantage import Vantage, require


@pytest.fixture(scope="session")
def reach(request_of_suite: Request) -> Reach:
    """What all flows of the run found, for each source at once."""
    return Reach(request_of_suite)


def test_flow(
    expectation: Flow, inside: Vantage, from_zone: Callable[[str], Vantage], reach: Reach
) -> None:
    """Every port answers, or none does."""
    from_zone(expectation.source)
    found = reach.of(expectation)
    address = known(inside, expectation.address)
    answering = [port for port in expectation.ports if (address, port) in found]
    silent = [port for port in expectation.ports if port not in answering]
    wrong = silent if expectation.allowed else answering
    said = "does not answer" if expectation.allowed else "answers, and must not"
    way = f"from {expectation.source} to {expectation.destination} ({address})"
    require(not wrong, f"{way} port {', '.join(map(str, wrong))} {said}")
