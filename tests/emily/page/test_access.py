"""Everybody can use it: on any screen, by keyboard, by ear, in both schemes, without motion."""

import pytest
from playwright.sync_api import Page, expect
from tests.emily.page.conftest import Opened
from tests.emily.page.service import Service
from tests.emily.page.snapshots import degraded, lively

DESK, TABLET, PHONE = (1280, 800), (820, 1180), (390, 844)

UNREADABLE = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.checkVisibility() || node.closest("noscript")) continue;
    texts += 1;
    const [light, dark] = [luminance(parse(getComputedStyle(node).color)), luminance(ground(node))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.push([walk.currentNode.data, ratio]);
  }
  return { texts, found };
}"""

DRAWN = """() => {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(`--${name}`).trim().match(/\\w\\w/g).map((x) => parseInt(x, 16));
  const luminance = (name) => {
    const linear = rgb(name).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const names = [...Array(8).keys()].map((i) => `hue-${i}`).concat("hue-other", "cortisol", "melatonin", "sample", "bad");
  return names.map((name) => {
    const [light, dark] = [luminance(name), luminance("panel")].sort((a, b) => b - a);
    return [name, (light + 0.05) / (dark + 0.05)];
  });
}"""


@pytest.mark.parametrize("state", [lively(), degraded()], ids=["healthy", "degraded"])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_is_readable(service: Service, opened: Opened, scheme: str, state) -> None:
    service.send(state)
    page = opened(color_scheme=scheme)
    expect(page.locator("#status")).to_have_text(state.status)
    seen = page.evaluate(UNREADABLE)
    assert seen["texts"] > 80
    assert not seen["found"]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_what_is_drawn_stands_out(opened: Opened, scheme: str) -> None:
    """WCAG asks 3:1 of what has to be seen to understand a picture."""
    faint = [
        (name, ratio) for name, ratio in opened(color_scheme=scheme).evaluate(DRAWN) if ratio < 3
    ]
    assert not faint


def test_the_two_schemes_differ(opened: Opened) -> None:
    grounds = [
        opened(color_scheme=scheme).evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        for scheme in ("dark", "light")
    ]
    assert grounds == ["rgb(9, 12, 19)", "rgb(242, 243, 247)"]


def test_everything_has_a_name(page: Page) -> None:
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    assert page.locator("html").get_attribute("lang") == "en"
    for heading in ("Reflexes", "Circadian", "Workspace", "Will", "Transmitters", "Hypotheses"):
        expect(page.get_by_role("region", name=heading)).to_be_visible()
    for role in ("button", "textbox", "img", "list", "table"):
        for found in page.get_by_role(role).all():
            named = found.evaluate(
                "node => node.ariaLabel || node.labels?.length || node.textContent.trim()"
            )
            assert named, found.evaluate("node => node.outerHTML")
    identities = page.locator("[id]").evaluate_all("nodes => nodes.map((node) => node.id)")
    assert len(identities) == len(set(identities))


def test_the_headings_are_in_order(page: Page) -> None:
    levels = page.locator("h1, h2, h3").evaluate_all("nodes => nodes.map((n) => n.tagName)")
    assert levels == ["H1"] + ["H2"] * 8


def test_it_is_used_by_keyboard(page: Page) -> None:
    expect(page.locator("#link")).to_have_text("live")
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.textContent || document.activeElement.id")
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
    assert seen == ["Dim", "Edge", "Bright", "episode", "Keep", "question", "Ask", "answer"]


@pytest.mark.parametrize("size", [DESK, TABLET, PHONE, (320, 640)], ids=str)
def test_nothing_sticks_out(opened: Opened, size: tuple[int, int]) -> None:
    width, height = size
    page = opened(viewport={"width": width, "height": height})
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = [panel.bounding_box() for panel in page.locator("section").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert all(box["width"] >= 280 and box["height"] >= 190 for box in boxes)


def test_a_desk_shows_all_of_it_at_once(page: Page) -> None:
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    assert page.evaluate("document.documentElement.scrollHeight") <= 800


@pytest.mark.parametrize("size", [DESK, PHONE], ids=str)
def test_what_arrives_moves_no_panel(
    service: Service, opened: Opened, size: tuple[int, int]
) -> None:
    page = opened(viewport={"width": size[0], "height": size[1]})
    page.evaluate(
        """() => {
          [window.shift, window.moved] = [0, []];
          new PerformanceObserver((seen) => {
            for (const { value, sources } of seen.getEntries()) {
              window.shift += value;
              window.moved.push(...sources.map(({ node }) => node?.id || node?.nodeName));
            }
          }).observe({ type: "layout-shift", buffered: true });
        }"""
    )
    for second in range(3):
        for state in (lively(second), degraded(second), lively(second, workspace=None, will=None)):
            service.send(state)
            page.wait_for_timeout(60)
    panels = page.locator("main, section, header, #banner").evaluate_all(
        "all => all.map((n) => n.id)"
    )
    assert not {*panels, "MAIN"} & set(page.evaluate("window.moved"))
    assert page.evaluate("window.shift") < 0.05


def test_without_motion_nothing_is_animated(service: Service, opened: Opened) -> None:
    page = opened(reduced_motion="reduce")
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    service.send(lively(evicted=lively().evicted[1:]))
    expect(page.locator(".evicted li")).to_have_count(2)
    moving = "() => document.getAnimations().length"
    assert page.evaluate(moving) == 0
    transition = page.locator(".bar i").first.evaluate(
        "i => getComputedStyle(i).transitionDuration"
    )
    assert transition == "0s"
