"""What a visitor posts, and what the page says to the answer."""

import pytest
from playwright.sync_api import Page, expect
from tests.emily.page.service import Answer, Service, wait_until

MEMORY, RECALL, STIMULUS = "/api/v1/memory", "/api/v1/memory/recall", "/api/v1/stimulus"


def test_each_button_posts_its_stimulus(service: Service, page: Page) -> None:
    service.answers[STIMULUS] = Answer(202, {})
    buttons = {"Dim": [0.1, 0.1, 0.1], "Edge": [0.1, 0.5, 0.9], "Bright": [0.9, 0.9, 0.9]}
    for name, features in buttons.items():
        page.get_by_role("button", name=name).click()
        said = f"Sent: visual {', '.join(map(str, features))}"
        expect(page.locator(".answer")).to_have_text(said)
    sent = [{"kind": "visual", "features": features} for features in buttons.values()]
    assert service.posted(STIMULUS) == sent


def test_an_episode_is_kept(service: Service, page: Page) -> None:
    service.answers[MEMORY] = Answer(200, {"id": "01EPISODE", "durable": "outbox"})
    box = page.get_by_label("Remember")
    box.fill("rain at the lake")
    box.press("Enter")
    expect(page.locator(".answer")).to_have_text("Kept in the outbox as 01EPISODE")
    expect(box).to_have_value("")
    assert service.posted(MEMORY) == [{"content": "rain at the lake"}]


def test_episodes_are_recalled_the_best_first(service: Service, page: Page) -> None:
    hits = [
        {"content": content, "score": score, "timestamp": "2031-03-14"}
        for content, score in (("rain at the lake", 0.93), ("a dry summer", 0.41))
    ]
    service.answers[RECALL] = Answer(200, {"hits": hits})
    page.get_by_label("Recall").fill("wet weather")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".hits li")).to_have_text(["0.93 rain at the lake", "0.41 a dry summer"])
    assert service.posted(RECALL) == [{"text": "wet weather", "k": 5}]


def test_an_empty_memory_says_so(service: Service, page: Page) -> None:
    service.answers[RECALL] = Answer(200, {"hits": []})
    page.get_by_label("Recall").fill("anything")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".answer")).to_have_text("Nothing is remembered yet.")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, {"reason": "cognition is down", "retry": True}, "▲ cognition is down"),
        (503, {"title": "Service Unavailable", "detail": "no answer"}, "▲ no answer"),
        (422, {"detail": [{"msg": "too long", "loc": ["body"]}]}, "▲ too long"),
        (500, "?", "▲ the API answered 500"),
    ],
)
def test_a_refusal_is_told(
    service: Service, page: Page, complaints: list[str], status: int, body: object, said: str
) -> None:
    service.answers[MEMORY] = Answer(status, body)
    box = page.get_by_label("Remember")
    box.fill("rain")
    box.press("Enter")
    expect(page.locator(".answer")).to_have_text(said)
    expect(box).to_have_value("rain")
    assert all(str(status) in complaint for complaint in complaints)
    complaints.clear()


def test_silence_is_told(service: Service, page: Page, complaints: list[str]) -> None:
    expect(page.locator("#answer")).to_be_visible()
    service.stop()
    page.get_by_role("button", name="Dim").click()
    expect(page.locator("#answer")).to_have_text("▲ the API does not answer")
    service.start()
    complaints.clear()
    page.goto("about:blank")
    complaints.clear()


def test_nothing_is_posted_without_a_text(service: Service, page: Page) -> None:
    for name in ("Keep", "Ask"):
        page.get_by_role("button", name=name).click()
    assert not [request for request in service.requests if request.method == "POST"]


def test_a_button_pressed_twice_posts_once_at_a_time(service: Service, page: Page) -> None:
    service.answers[STIMULUS] = Answer(202, {})
    page.get_by_role("button", name="Dim").evaluate("button => { button.click(); button.click() }")
    expect(page.locator(".answer")).to_contain_text("Sent")
    assert len(service.posted(STIMULUS)) == 1
    page.get_by_role("button", name="Dim").click()
    wait_until(lambda: len(service.posted(STIMULUS)) == 2)
