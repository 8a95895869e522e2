"""A router in a process of its own, and both buses behind one fixture."""

from collections.abc import Callable, Iterator

import pytest

from emily.nervous_system.bus import Bus
from emily.nervous_system.local import LocalBus
from emily.nervous_system.zenoh_bus import ZenohBus
from zenoh_router import Router


@pytest.fixture
def router() -> Iterator[Router]:
    """A Zenoh router on a free port, running."""
    router = Router()
    router.start()
    yield router
    router.kill()


@pytest.fixture
def join(request: pytest.FixtureRequest, backend: str) -> Iterator[Callable[[], Bus]]:
    """Return a function that gives one more process's end of the same bus."""
    if backend == "in-process":
        bus = LocalBus()
        yield lambda: bus
        return
    router: Router = request.getfixturevalue("router")
    opened: list[Bus] = []

    def open_one() -> Bus:
        opened.append(ZenohBus(router.endpoint))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


@pytest.fixture(params=["in-process", "zenoh"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)
