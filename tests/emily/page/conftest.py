"""A headless browser, and the service that it looks at."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.emily.page.service import Service
from tests.emily.page.snapshots import lively

Opened = Callable[..., Page]


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that streams a lively loop."""
    started = Service()
    started.start()
    started.send(lively())
    yield started
    started.stop()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says that a test did not ask for; a test that does clears it."""
    return []


@pytest.fixture
def opened(browser: Browser, service: Service, complaints: list[str]) -> Iterator[Opened]:
    """Open the page, on a desk's screen unless told; at the end nothing may have gone wrong in it."""
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def open_page(fragment: str = "", **options: object) -> Page:
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(service.address + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def page(opened: Opened) -> Page:
    return opened()
