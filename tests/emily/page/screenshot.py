"""Make a picture of the page: `PYTHONPATH=tests python tests/emily/page/screenshot.py ADDRESS page.png`.

It waits until the loop is live, and then as long as it is told, for the timeline to fill.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, expect

from headless_browser import browser_path, started_browser

WIDE = (1280, 800)
PHONE = (390, 844)


def shoot(
    browser: Browser, address: str, file: Path, size: tuple[int, int], scheme: str, wait_s: float
) -> None:
    """Take the picture at twice the resolution; on a phone, of the whole length of the page."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2,
    )
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#link")).to_have_text("live", timeout=30_000)
    if size == PHONE:
        # What is out of sight is not drawn.
        length = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": length})
    page.wait_for_timeout(wait_s * 1000)
    page.screenshot(path=file)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="with #token=... if the API demands one")
    parser.add_argument("file", type=Path)
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--phone", action="store_true")
    parser.add_argument("--wait", type=float, default=20, metavar="SECONDS")
    asked = parser.parse_args()
    path = browser_path()
    if path is None:
        parser.error("no browser on PATH")
    with started_browser(path) as browser:
        scheme = "light" if asked.light else "dark"
        size = PHONE if asked.phone else WIDE
        shoot(browser, asked.address, asked.file, size, scheme, asked.wait)


if __name__ == "__main__":
    main()
