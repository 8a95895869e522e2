"""A page that is served, and a headless browser where there is one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.scf.page_clients import Opened

from scf.page import Board, PageServer


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def server(board: Board) -> Iterator[PageServer]:
    with PageServer(board) as served:
        yield served


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says that a test did not ask for; a test that does clears it."""
    return []


@pytest.fixture
def opened(browser: Browser, server: PageServer, complaints: list[str]) -> Iterator[Opened]:
    """Open the page, on a desk's screen unless told; at the end nothing may have gone wrong in it."""
    contexts = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server.address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
