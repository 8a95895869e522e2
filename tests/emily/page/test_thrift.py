"""It draws at most 30 times a second, only what is seen, and keeps no more after hours than after minutes."""

from playwright.sync_api import Page, expect
from tests.emily.page.conftest import Opened
from tests.emily.page.service import Service
from tests.emily.page.snapshots import lively, reflex

from emily.contracts.messages import Check

COUNT_DRAWINGS = """() => {
  window.drawn = {};
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    const panel = this.canvas.closest("section").id;
    window.drawn[panel] = (window.drawn[panel] ?? 0) + 1;
    return clear.apply(this, box);
  };
}"""


def test_it_draws_at_most_30_times_a_second(page: Page) -> None:
    expect(page.locator("#reflexes .count")).to_have_text("50")
    page.evaluate(COUNT_DRAWINGS)
    spent_s = page.evaluate(
        """() => new Promise((done) => {
          const from = performance.now();
          setTimeout(() => done((performance.now() - from) / 1000), 1000);
        })"""
    )
    drawn = page.evaluate("window.drawn")
    assert 1 <= drawn["reflexes"] <= 31 * spent_s + 1
    assert drawn.get("circadian", 0) == drawn.get("hypotheses", 0) == 0


def test_what_is_out_of_sight_is_not_drawn(service: Service, opened: Opened) -> None:
    page = opened(viewport={"width": 390, "height": 400})
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(200)
    page.evaluate(COUNT_DRAWINGS)
    service.send(lively(1, alpha_hz=9))
    expect(page.locator("#alpha")).to_have_text("9.0 Hz")
    page.wait_for_timeout(150)
    assert page.evaluate("window.drawn") == {}


def test_what_it_keeps_is_bounded(page: Page) -> None:
    """The panels themselves, fed with six hours of a state a second in some seconds."""
    kept = page.evaluate(
        """async (state) => {
          const { Reflexes } = await import("./reflexes.js");
          const { Workspace } = await import("./workspace.js");
          const section = (id) => document.getElementById(id).cloneNode(true);
          const [reflexes, workspace] = [new Reflexes(section("reflexes")), new Workspace(section("workspace"))];
          const nodes = [];
          for (let second = 0; second < 6 * 3600; second += 1) {
            const seen = { ...state.reflexes[0], id: `r${second}`, age_s: 0 };
            seen.event = { ...seen.event, name: `name-${second}` };
            const held = { ...state.workspace.contents[0], ref: `w${second}` };
            const now = { ...state, reflexes: [seen], workspace: { ...state.workspace, contents: [held] } };
            reflexes.hear(now, second * 1000);
            if (second % 600 === 0) {
              reflexes.update(now);
              nodes.push(reflexes.size);
            }
            if (second % 10 === 0) workspace.update(now);
          }
          return { reflexes: reflexes.size, workspace: workspace.size, nodes };
        }""",
        lively().model_dump(mode="json"),
    )
    assert kept["reflexes"] <= 61
    assert max(kept["nodes"]) <= 61
    assert kept["workspace"] <= 64 + 9


def test_a_burst_is_kept_up_to_a_bound(service: Service, page: Page) -> None:
    for second in range(16):
        fired = tuple(reflex(10_000 + second * 50 + i, 20, 0.001) for i in range(50))
        service.send(lively(reflexes=fired, alpha_hz=second))
        expect(page.locator("#alpha")).to_have_text(f"{second}.0 Hz")
    expect(page.locator("#reflexes .count")).to_have_text("600")


def test_a_hidden_page_still_hears(service: Service, page: Page) -> None:
    expect(page.locator("#reflexes .count")).to_have_text("50")
    page.evaluate("window.requestAnimationFrame = () => 0")
    page.wait_for_timeout(100)
    service.send(lively(status="degraded", checks={"disk": Check(ok=False, detail="full")}))
    expect(page.locator("#banner")).to_contain_text("disk (full)")
    expect(page.locator("#status")).to_have_text("healthy")


CUTS = [
    (["data: 1\n\n"], ["1"]),
    (["data:1\r\n\r\n"], ["1"]),
    (["data: 1\r", "\n\r", "\ndata: 2\n\n"], ["1", "2"]),
    (["da", "ta: {\n", "data: }\n", "\n"], ["{\n}"]),
    ([": a comment\n\nevent: x\nid: 1\nretry: 5\n\n"], []),
    (["data: never finished"], []),
    (["data: 1\r\r", "data: 2\r\r", "x"], ["1", "2"]),
]


def test_events_are_parsed_however_they_are_cut(page: Page) -> None:
    read = page.evaluate(
        """async (streams) => {
          const { parser } = await import("./sse.js");
          return streams.map((pieces) => {
            const parse = parser();
            return pieces.flatMap((piece) => [...parse(piece)]);
          });
        }""",
        [sent for sent, _ in CUTS],
    )
    assert read == [data for _, data in CUTS]


def test_a_line_without_an_end_is_refused(page: Page) -> None:
    said = page.evaluate(
        """async () => {
          const parse = (await import("./sse.js")).parser();
          try {
            for (let i = 0; i < 5; i += 1) [...parse("x".repeat(1_000_000))];
          } catch (error) {
            return error.message;
          }
        }"""
    )
    assert said == "the stream sends a line without an end"
