"""A headless browser of this system: where it is, and its start."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu")


def browser_path() -> str | None:
    """Return the path of a browser of this system, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def started_browser(path: str) -> Iterator[Browser]:
    """Start the browser; while it runs, this thread cannot start a second one or an event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
