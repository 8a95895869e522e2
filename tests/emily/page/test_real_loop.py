"""The page as the API serves it, with the whole loop behind it: what is clicked goes all the way round."""

import os
import re
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from emily.contracts.messages import TIERS
from emily.service.loop import Loop
from running_loop import running, wait_for, write_settings

TOKEN = "s3cret/of+the=test"
WITHIN_MS = 20_000

SEEN = """() => {
  const status = document.querySelector("#status");
  window.seen = [status.textContent];
  window.said = [];
  const banner = document.querySelector("#banner");
  new MutationObserver(() => window.seen.push(status.textContent))
    .observe(status, { childList: true, characterData: true, subtree: true });
  new MutationObserver(() => window.said.push(banner.textContent))
    .observe(banner, { childList: true, characterData: true, subtree: true });
}"""
"""Notes every change of the status, and of the banner, however short it lasts."""

DOTS = """() => {
  const canvas = document.querySelector("#reflexes canvas");
  const style = getComputedStyle(document.documentElement).getPropertyValue("--hue-0").trim();
  const ink = style.match(/\\w\\w/g).map((x) => parseInt(x, 16));
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  let dots = 0;
  for (let i = 0; i < data.length; i += 4) dots += ink.every((value, k) => data[i + k] === value);
  return dots;
}"""
"""How many pixels of the timeline have the colour of the first reflex's name."""

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    with running(write_settings(tmp_path_factory.mktemp("loop"))) as one:
        yield one


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """A loop whose API demands a token."""
    folder = tmp_path_factory.mktemp("guarded")
    config, token = write_settings(folder), folder / "token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    config.write_text(config.read_text().replace("[api]\n", f'[api]\ntoken_file = "{token}"\n'))
    with running(config) as one:
        yield one


@pytest.fixture
def complaints() -> list[str]:
    """What the console says; a test that asked for it clears it."""
    return []


@pytest.fixture
def opened(browser: Browser, complaints: list[str]) -> Iterator[Opened]:
    """Open a loop's page; at the end nothing may have gone wrong in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def open_page(loop: Loop, fragment: str = "") -> Page:
        page = context.new_page()
        page.set_default_timeout(WITHIN_MS)
        page.on(
            "console",
            lambda said: said.type in {"error", "warning"} and complaints.append(said.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(loop.url + fragment)
        return page

    expect.set_options(timeout=WITHIN_MS)
    yield open_page
    expect.set_options(timeout=5_000)
    context.close()
    assert not complaints


def stimulate_until_seen(page: Page, button: str) -> None:
    """Click until a reflex is shown: on a busy machine one may miss its deadline, and is dropped."""

    def shown() -> bool:
        page.get_by_role("button", name=button).click()
        page.wait_for_timeout(1_000)
        return page.locator("#reflexes .count").inner_text() != "0"

    wait_for(shown, WITHIN_MS / 1_000)


def goes_all_the_way_round(page: Page) -> None:
    """A stimulus becomes a reflex, a content of the workspace, a decision; an episode is kept and found."""
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator("#status")).to_have_text("healthy")
    for tier in TIERS:
        expect(page.locator(f"#tiers [data-tier={tier}] td >> nth=0")).to_have_text("● up")
    assert page.evaluate(DOTS) == 0
    stimulate_until_seen(page, "Bright")
    expect(page.locator("#reflexes .latest li").first).to_contain_text("visual")
    wait_for(lambda: page.evaluate(DOTS) > 0)
    expect(page.locator("#workspace .slot:first-child .kind")).to_have_text("visual")
    expect(page.locator("#workspace .held")).to_have_text(re.compile(r"[1-7] of 7"))
    expect(page.locator("#will .action")).not_to_have_text("\N{EN DASH}")
    box = page.get_by_label("Remember")
    box.fill("rain at the lake")
    box.press("Enter")
    expect(page.locator(".answer")).to_have_text(re.compile(r"Kept in the store as \w{26}"))
    page.get_by_label("Recall").fill("rain at a lake")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".hits li").first).to_contain_text("rain at the lake")


def test_what_is_clicked_goes_all_the_way_round(loop: Loop, opened: Opened) -> None:
    goes_all_the_way_round(opened(loop))


def test_the_policy_of_the_real_page_lets_nothing_in(
    loop: Loop, opened: Opened, complaints: list[str]
) -> None:
    page = opened(loop)
    answer = page.request.get(loop.url)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src")
    refused = page.evaluate(
        """() => new Promise((told) => {
          document.addEventListener("securitypolicyviolation", (event) => told(event.effectiveDirective));
          document.body.append(Object.assign(document.createElement("script"), { text: "window.let_in = 1" }));
          setTimeout(() => told("nothing"), 5000);
        })"""
    )
    assert refused == "script-src-elem"
    assert page.evaluate("window.let_in") is None
    assert len(complaints) == 1
    complaints.clear()


@pytest.mark.parametrize("tier", ["nervous", "cognition"])
def test_a_tier_that_is_killed_is_named_until_it_is_back(
    loop: Loop, opened: Opened, tier: str
) -> None:
    page = opened(loop)
    expect(page.locator("#status")).to_have_text("healthy")
    page.evaluate(SEEN)
    restarts = int(page.locator("#restarts").inner_text())
    os.kill(loop.supervisor.pids()[tier], signal.SIGKILL)
    wait_for(lambda: "degraded" in page.evaluate("window.seen"))
    expect(page.locator("#banner")).to_have_text(re.compile(r"^● All \d+ checks pass\.$"))
    expect(page.locator("#status")).to_have_text("healthy")
    expect(page.locator("#restarts")).to_have_text(str(restarts + 1))
    said = [one for one in page.evaluate("window.said") if one.startswith("▲ Degraded: ")]
    assert any(f"{tier} (its liveliness token is not there)" in one for one in said)
    assert page.locator("#link").inner_text() == "live"


def test_without_the_token_the_page_says_that_it_needs_one(
    guarded: Loop, opened: Opened, complaints: list[str]
) -> None:
    page = opened(guarded)
    expect(page.locator("#banner")).to_have_text(
        "▲ Not connected: the API demands a token: open this page with #token=… at its address."
    )
    page.goto("about:blank")
    assert complaints
    assert all("401" in complaint for complaint in complaints)
    complaints.clear()


def test_with_the_token_everything_works(guarded: Loop, opened: Opened) -> None:
    page = opened(guarded, "#token=s3cret%2Fof%2Bthe%3Dtest")
    goes_all_the_way_round(page)
    assert page.url == guarded.url
