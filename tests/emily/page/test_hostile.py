"""Whatever a server sends is shown as text, or as a dash, and nothing of it runs."""

import pytest
from playwright.sync_api import Page, expect
from tests.emily.page.conftest import Opened
from tests.emily.page.service import Answer, Service
from tests.emily.page.snapshots import lively

EVIL = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"

WRONG = [None, -1, EVIL, [None], {"a": None}, 1e308]


def _everywhere(value: object) -> object:
    """Replace every text of a snapshot by a hostile one, keys included."""
    if isinstance(value, str):
        return EVIL
    if isinstance(value, list):
        return [_everywhere(each) for each in value]
    if isinstance(value, dict):
        named = {"levels", "setpoints", "beliefs", "checks"}
        return {
            key: {f"{EVIL}{name}": _everywhere(each) for name, each in inner.items()}
            if key in named and isinstance(inner, dict)
            else _everywhere(inner)
            for key, inner in value.items()
        }
    return value


def _is_harmless(page: Page) -> None:
    page.wait_for_timeout(200)
    assert page.locator("img").count() == 1
    assert page.locator("script").count() == 1
    assert page.evaluate("window.pwned") is None


def test_hostile_texts_are_texts(service: Service, opened: Opened) -> None:
    service.send(_everywhere(lively().model_dump(mode="json")))
    page = opened()
    expect(page.locator("#workspace .slot .content").first).to_have_text(EVIL)
    expect(page.locator("#reflexes .latest b").first).to_have_text(EVIL)
    expect(page.locator("#will .plan").first).to_contain_text(EVIL)
    expect(page.locator("#transmitters")).to_contain_text(EVIL)
    expect(page.locator("#node")).to_have_text(EVIL)
    _is_harmless(page)


def test_hostile_memories_are_texts(service: Service, page: Page) -> None:
    hit = {"id": EVIL, "timestamp": EVIL, "content": EVIL, "score": 0.9, "context": {EVIL: EVIL}}
    service.answers["/api/v1/memory/recall"] = Answer(200, {"hits": [hit, None, {}]})
    page.get_by_label("Recall").fill("anything")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".hits li").first).to_have_text(f"0.90 {EVIL}")
    _is_harmless(page)


def test_the_policy_of_the_page_forbids_what_is_inline(page: Page) -> None:
    """The tests' service sends the header; the page itself must keep to it."""
    markup = page.request.get(page.url).text()
    assert "style=" not in markup
    assert " on" not in "".join(part.split(">")[0] for part in markup.split("<"))
    assert markup.count("<script") == markup.count('src="main.js"') == 1


def _spoiled(value: object, nth: int, wrong: object, depth: int = 0) -> object:
    """Replace the nth field of every object below the first one."""
    if isinstance(value, list):
        return [_spoiled(each, nth, wrong, depth) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: wrong if depth and i == nth else _spoiled(inner, nth, wrong, depth + 1)
        for i, (key, inner) in enumerate(value.items())
    }


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_field_of_another_type_is_no_error(service: Service, page: Page, wrong: object) -> None:
    whole = lively(1).model_dump(mode="json")
    service.send(dict.fromkeys(whole, wrong))
    page.wait_for_timeout(40)
    for nth in range(8):
        service.send(_spoiled(whole, nth, wrong))
        page.wait_for_timeout(40)
    service.send(lively(2, alpha_hz=12))
    expect(page.locator("#alpha")).to_have_text("12.0 Hz")


def test_missing_and_unknown_keys_are_no_error(service: Service, page: Page) -> None:
    expect(page.locator("#link")).to_have_text("live")
    whole = lively(1).model_dump(mode="json")
    for key in whole:
        service.send({name: value for name, value in whole.items() if name != key})
        page.wait_for_timeout(40)
    service.send({})
    page.wait_for_timeout(40)
    service.send({**whole, "swarm": {"pheromone": [1, 2]}, "alpha_hz": 12})
    expect(page.locator("#alpha")).to_have_text("12.0 Hz")


def test_long_texts_move_nothing(service: Service, page: Page) -> None:
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    boxes = [panel.bounding_box() for panel in page.locator("section").all()]
    long = "wide " * 1900
    whole = lively(1).model_dump(mode="json")
    for held in whole["workspace"]["contents"]:
        held.update(content=long, kind="k" * 64)
    whole["will"].update(action="a" * 64, beliefs={long: 0.5})
    whole["hypotheses"]["model_version"] = long
    whole["checks"]["bus"] = {"ok": False, "detail": long}
    whole["node"] = "n" * 64
    whole["alpha_hz"] = 12
    service.send(whole)
    expect(page.locator("#alpha")).to_have_text("12.0 Hz")
    assert [panel.bounding_box() for panel in page.locator("section").all()] == boxes
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
