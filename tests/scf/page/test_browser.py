"""The page in a real browser: what it shows, on which screens, and what never runs."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect
from tests.scf.page_boards import NOTHING, lively, unwell
from tests.scf.page_clients import Opened

from scf.page import Board, PageServer, Snapshot

EVIL = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"
DASH = "\N{EN DASH}"
TITLES = (
    "In hand",
    "Vault",
    "Drive",
    "Generations",
    "Releases",
    "Log and ledger",
    "Learned density",
    "Energy atlas",
)


@pytest.fixture
def now() -> float:
    return time.time()


@pytest.fixture
def shown(board: Board, opened: Opened, tmp_path: Path, now: float) -> Page:
    """The page of a daemon at work."""
    board.publish(lively(tmp_path, now))
    page = opened()
    expect(page.locator("#status")).to_have_text("waiting")
    return page


def test_it_shows_what_the_daemon_is_at(shown: Page) -> None:
    work = shown.locator("#work")
    expect(work).to_contain_text("generation 4")
    expect(work).to_contain_text("1,240 of 3,000")
    expect(work).to_contain_text("local")
    expect(shown.locator("#daemon")).to_contain_text("accelerated, every 1 s")
    expect(shown.locator("#daemon")).to_contain_text("7 obeyed, 1 ignored")
    expect(shown.locator("#vault")).to_contain_text("1,204,331")
    expect(shown.locator("#vault")).to_contain_text("no provenance")
    expect(shown.locator("#generations .badge")).to_have_text(["champion", "failed"])
    expect(shown.locator("#generations tbody tr").first).to_contain_text("0.01261")
    expect(shown.locator("#releases tbody tr")).to_have_count(2)
    expect(shown.locator("#books")).to_contain_text("19 statements")
    expect(shown.locator("#books")).to_contain_text("4.18 kJ")
    expect(shown.locator("#drive .room")).to_have_count(6)
    expect(shown.locator("#banner")).to_be_hidden()


def test_bars_are_as_long_as_what_they_tell(shown: Page) -> None:
    """Also under a policy that forbids styles in the markup."""
    filled = shown.locator("#work .bar i").evaluate(
        "i => i.getBoundingClientRect().width / i.parentElement.getBoundingClientRect().width"
    )
    assert filled == pytest.approx(1240 / 3000, abs=0.01)


def test_it_follows_the_daemon(board: Board, shown: Page, tmp_path: Path, now: float) -> None:
    busy = lively(tmp_path, now)
    assert busy.work is not None
    board.publish(replace(busy, phase="finished", work=replace(busy.work, step=3_000)))
    expect(shown.locator("#work")).to_contain_text("3,000 of 3,000")
    expect(shown.locator("#status")).to_have_text("finished")
    board.publish(replace(busy, phase="idle", work=None))
    expect(shown.locator("#work")).to_contain_text("waits for 669 more fossils")


def test_the_picture_is_shown(shown: Page) -> None:
    image = shown.locator("#density img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 0
    expect(shown.locator("#atlas")).to_contain_text("No picture yet.")


def test_an_empty_drive_says_what_it_is_waiting_for(board: Board, opened: Opened) -> None:
    page = opened()
    expect(page.locator("#status")).to_have_text("starting")
    board.publish(replace(NOTHING, due=1000))
    expect(page.locator("#status")).to_have_text("idle")
    expect(page.locator("#work")).to_contain_text("waits for 1,000 more fossils")
    for panel, words in {
        "drive": "No drive is known.",
        "generations": "No generation yet.",
        "releases": "Nothing was released yet.",
        "books": "No credit yet",
        "density": "No picture yet.",
    }.items():
        expect(page.locator(f"#{panel} .empty")).to_contain_text(words)


def test_what_is_wrong_is_said_first(board: Board, shown: Page, tmp_path: Path, now: float) -> None:
    board.publish(unwell(tmp_path, now))
    expect(shown.locator("#status")).to_have_text("unwell")
    expect(shown.locator("#banner")).to_have_text("the drive at /mnt/fossils is gone")
    board.publish(replace(lively(tmp_path, now), locked=True))
    expect(shown.locator("#status")).to_have_text("locked")
    expect(shown.locator("#banner")).to_contain_text("EMERGENCY_LOCK exists")
    board.publish(lively(tmp_path, now))
    expect(shown.locator("#banner")).to_be_hidden()


def test_a_daemon_that_ended_is_said_to_be_lost(
    server: PageServer, shown: Page, complaints: list[str]
) -> None:
    server.stop()
    expect(shown.locator("#status")).to_have_text("lost")
    expect(shown.locator("#banner")).to_contain_text("does not answer")
    expect(shown.locator("#work")).to_contain_text("1,240 of 3,000")
    assert all("ERR_CONNECTION" in said for said in complaints)
    complaints.clear()


def _hostile(snapshot: Snapshot) -> Snapshot:
    """Each text of it is a page's worst."""
    assert snapshot.work is not None
    return replace(
        snapshot,
        gear=EVIL,
        phase=EVIL,
        code=EVIL,
        refused={EVIL: 1},
        balances={EVIL: 1},
        log_root=EVIL,
        ledger_head=EVIL,
        problems=(EVIL,),
        rooms=tuple(replace(room, name=EVIL) for room in snapshot.rooms),
        work=replace(
            snapshot.work,
            **dict.fromkeys(("job", "model", "recipe", "runner", "stage", "reason"), EVIL),
        ),
        generations=tuple(
            replace(
                each, model=EVIL, job=EVIL, reason=EVIL if each.reason else "", metrics={EVIL: 1.0}
            )
            for each in snapshot.generations
        ),
        releases=tuple(
            replace(each, week=EVIL, model=EVIL, digest=EVIL) for each in snapshot.releases
        ),
    )


def test_hostile_texts_are_texts(board: Board, opened: Opened, tmp_path: Path, now: float) -> None:
    evil = _hostile(lively(tmp_path, now))
    (tmp_path / "density.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" onload="parent.pwned=1"><script>parent.pwned=1</script></svg>'
    )
    board.publish(evil)
    page = opened()
    expect(page.locator("#work .reason")).to_have_text(EVIL)
    expect(page.locator("#work .lead")).to_contain_text(EVIL)
    expect(page.locator("#banner")).to_have_text(EVIL)
    expect(page.locator("#generations")).to_contain_text(EVIL)
    expect(page.locator("#releases")).to_contain_text(EVIL)
    page.wait_for_timeout(300)
    assert page.locator("script").count() == 1
    assert page.locator("img:not([alt=''])").count() <= 1
    assert page.evaluate("window.pwned") is None


def test_what_no_daemon_sends_breaks_nothing(
    board: Board, opened: Opened, complaints: list[str], now: float
) -> None:
    """Another version of the daemon, for one: what is missing is a dash."""
    board.publish(replace(NOTHING, started_at=now))
    page = opened()
    page.route("**/board.json", lambda route: route.fulfill(json={"at": 1, "snapshot": {}}))
    expect(page.locator("#status")).to_have_text(DASH)
    expect(page.locator("#daemon")).to_contain_text(DASH)
    assert not complaints


@pytest.mark.parametrize("size", [(1280, 900), (820, 1180), (390, 844), (320, 640)], ids=str)
def test_nothing_sticks_out(
    board: Board, opened: Opened, tmp_path: Path, now: float, size: tuple[int, int]
) -> None:
    board.publish(_hostile(lively(tmp_path, now)))
    width, height = size
    page = opened(viewport={"width": width, "height": height})
    expect(page.locator("#generations tbody tr")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in (panel.bounding_box() for panel in page.locator("section").all()):
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


CONTRAST = """() => {
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *")].filter((node) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()) && node.getClientRects().length);
  return texts.map((node) => {
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), node.outerHTML];
  });
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_can_be_read(
    board: Board, opened: Opened, tmp_path: Path, now: float, scheme: str
) -> None:
    """WCAG 2.2, AA: 4.5:1."""
    board.publish(unwell(tmp_path, now))
    page = opened(color_scheme=scheme)
    expect(page.locator("#status")).to_have_text("unwell")
    found = page.evaluate(CONTRAST)
    assert len(found) > 60
    assert [(ratio, html) for ratio, html in found if ratio < 4.5] == []


def test_everything_has_a_name(shown: Page) -> None:
    for title in TITLES:
        expect(shown.get_by_role("region", name=title)).to_be_visible()
    assert shown.locator("h1, h2").count() == 1 + len(TITLES)
    assert shown.locator("html").get_attribute("lang") == "en"


def test_a_hidden_page_asks_for_nothing_and_wakes_up_again(board: Board, shown: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    shown.on("request", note)
    shown.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => window.away });
          window.away = true;
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    shown.wait_for_timeout(300)
    asked.clear()
    shown.wait_for_timeout(3_000)
    assert asked == []
    board.publish(replace(NOTHING, phase="paused"))
    shown.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(shown.locator("#status")).to_have_text("paused")


def test_it_asks_every_two_seconds_and_for_nothing_from_elsewhere(
    server: PageServer, shown: Page
) -> None:
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.wait_for_timeout(5_000)
    assert 2 <= len(asked) <= 4
    assert all(url.startswith(server.address) for url in asked)


def test_what_has_not_changed_is_left_alone(shown: Page) -> None:
    """Else a selection, or where a table was scrolled to, would be lost every two seconds."""
    row = shown.locator("#releases tbody tr").first
    row.evaluate("row => { row.dataset.mark = 'kept'; }")
    shown.wait_for_timeout(2_500)
    assert row.get_attribute("data-mark") == "kept"
