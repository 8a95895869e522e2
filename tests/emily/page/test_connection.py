"""The stream: its token, its end and return, and the polling between; and what fails is said."""

import re

from playwright.sync_api import Page, expect
from tests.emily.page.conftest import Opened
from tests.emily.page.service import Answer, Request, Service, wait_until
from tests.emily.page.snapshots import CHECKS, degraded, lively

TOKEN = "Bearer s3cret/+="


def test_without_a_token_none_is_sent(service: Service, page: Page) -> None:
    expect(page.locator("#link")).to_have_text("live")
    assert all(request.token is None for request in service.requests)


def test_the_token_of_the_address_is_sent_and_no_longer_shown(
    service: Service, opened: Opened
) -> None:
    service.answers["/api/v1/stimulus"] = Answer(202, {})
    page = opened("#token=s3cret%2F%2B%3D")
    expect(page.locator("#link")).to_have_text("live")
    assert page.url == service.address
    page.get_by_role("button", name="Edge").click()
    wait_until(lambda: bool(service.posted("/api/v1/stimulus")))
    asked = [request for request in service.requests if request.path.startswith("/api/")]
    assert {request.token for request in asked} == {TOKEN}
    page.reload()
    wait_until(lambda: len(_streams(service)) == 2)
    assert _streams(service)[1].token == TOKEN


def _streams(service: Service) -> list[Request]:
    return [request for request in service.requests if request.path == "/api/v1/events"]


def test_it_says_that_a_token_is_missing(
    service: Service, opened: Opened, complaints: list[str]
) -> None:
    for path in ("events", "state"):
        service.answers[f"/api/v1/{path}"] = Answer(401, {"detail": "no token"})
    page = opened()
    expect(page.locator("#banner")).to_have_text(
        "▲ Not connected: the API demands a token: open this page with #token=… at its address."
    )
    assert complaints
    assert all("401" in complaint for complaint in complaints)
    complaints.clear()
    page.goto("about:blank")


def test_it_reconnects_when_the_service_is_back(
    service: Service, page: Page, complaints: list[str]
) -> None:
    expect(page.locator("#link")).to_have_text("live")
    service.stop()
    expect(page.locator("#link")).to_have_text(re.compile(r"^reconnecting( in \d+ s)?$"))
    expect(page.locator("#banner")).to_have_text(
        re.compile(r"^▲ Not connected: .* Shown is the state of \d\d:\d\d:\d\d\.$")
    )
    expect(page.locator("#workspace .held")).to_have_text("6 of 7")
    service.send(lively(5, alpha_hz=10))
    service.start()
    expect(page.locator("#link")).to_have_text("live", timeout=12_000)
    expect(page.locator("#alpha")).to_have_text("10.0 Hz")
    expect(page.locator("#banner")).to_have_text("● All 8 checks pass.")
    assert all("ERR_" in complaint for complaint in complaints), complaints
    complaints.clear()


def test_it_polls_where_there_is_no_stream(
    service: Service, opened: Opened, complaints: list[str]
) -> None:
    service.streams = False
    page = opened()
    expect(page.locator("#link")).to_have_text("polling")
    expect(page.locator("#banner")).to_contain_text("Polled, because Not Found.")
    service.send(lively(alpha_hz=9))
    expect(page.locator("#alpha")).to_have_text("9.0 Hz")
    service.streams = True
    expect(page.locator("#link")).to_have_text("live", timeout=15_000)
    assert all("404" in complaint for complaint in complaints), complaints
    complaints.clear()


def test_what_is_no_state_does_no_harm(service: Service, page: Page) -> None:
    expect(page.locator("#link")).to_have_text("live")
    for sent in ("null", "[]", "7", "{"):
        service.send(sent)
        page.wait_for_timeout(100)
    service.send(lively(alpha_hz=11))
    expect(page.locator("#alpha")).to_have_text("11.0 Hz")


def test_a_banner_says_what_failed_and_since_when(service: Service, page: Page) -> None:
    banner = page.locator("#banner")
    expect(banner).to_have_text("● All 8 checks pass.")
    moment = page.evaluate("at => new Date(at).toLocaleTimeString('en-GB')", degraded(7).at)
    for second in (7, 8, 9):
        service.send(degraded(second))
        expect(page.locator("#at")).to_have_text(re.compile(rf":{(53 + second) % 60:02d}$"))
    expect(banner).to_have_text(
        "▲ Degraded: bus (no router is reached), cognition (its liveliness token is not there), "
        f"disk (no space left) since {moment}."
    )
    expect(banner).to_have_attribute("aria-live", "polite")
    expect(page.locator("#status")).to_have_text("degraded")
    assert page.title() == "▲ Emily · degraded"
    expect(page.locator("[data-tier=cognition] .state")).to_have_text("▲ down")
    expect(page.locator("[data-tier=nervous] .checks")).to_have_text("disk: no space left")
    expect(page.locator("#tiers .bus")).to_have_text("▲ bus lost: in-process")
    service.send(lively(10))
    expect(banner).to_have_text("● All 8 checks pass.")
    assert page.title() == "Emily · healthy"


def test_what_failed_before_the_page_was_opened_is_said_to(
    service: Service, opened: Opened
) -> None:
    service.send(degraded())
    page = opened()
    expect(page.locator("#banner")).to_have_text(re.compile(r"since \d\d:\d\d:\d\d or before\.$"))


def test_each_failure_has_its_own_time(service: Service, page: Page) -> None:
    expect(page.locator("#status")).to_have_text("healthy")
    one = CHECKS | {"disk": degraded().checks["disk"]}
    service.send(lively(1, status="degraded", checks=one))
    expect(page.locator("#banner")).to_contain_text("disk (no space left) since")
    two = one | {"bus": degraded().checks["bus"]}
    service.send(lively(2, status="degraded", checks=two))
    expect(page.locator("#banner")).to_have_text(
        re.compile(
            r"bus \(no router is reached\) since \S+:55; disk \(no space left\) since \S+:54\.$"
        )
    )


def test_the_rate_of_messages_is_per_second(service: Service, page: Page) -> None:
    for second in range(4):
        service.send(lively(second))
        page.wait_for_timeout(50)
    expect(page.locator("#rate")).to_have_text("131 /s")
