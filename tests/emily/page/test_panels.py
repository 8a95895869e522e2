"""Each panel shows what the stream sends, and follows its changes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.emily.page.conftest import Opened
from tests.emily.page.service import Service
from tests.emily.page.snapshots import (
    EMPTY,
    FULL,
    NOTHING_HEARD,
    WILL,
    evicted,
    held,
    lively,
    reflex,
)

NONE = "\N{EN DASH}"

SHOWN = [
    ("#node", "cloudlab"),
    ("#status", "healthy"),
    ("#link", "live"),
    ("#dropped", "2"),
    ("#restarts", "1"),
    ("#alpha", "8.0 Hz"),
    ("#banner", "● All 8 checks pass."),
    ("#reflexes .count", "50"),
    ("#circadian .waking", "☀ awake"),
    ("#circadian .phase", "3.2 h"),
    ("#circadian [data-name=cortisol] .value", "0.98"),
    ("#circadian [data-name=pressure] .value", "0.34"),
    ("#circadian [data-name=compute] .value", "92 %"),
    ("#workspace .held", "6 of 7"),
    ("#workspace .threshold", "0.70"),
    ("#workspace .slot:first-child .kind", "audio"),
    ("#workspace .slot:first-child .content", "smoke alarm, left, rising"),
    ("#workspace .slot:first-child .value", "0.96"),
    ("#workspace .slot:last-child .content", "free"),
    ("#transmitters [data-name=norepinephrine] .value", "0.83"),
    ("#transmitters .followers", "gain1.34\u00d7threshold0.66social0.97\u00d7precision1.12"),
    ("#will .action", "cue"),
    ("#will tr.chosen", "cue → cuechosen7.030.910"),
    ("#will .more", "and 1 more"),
    ("#will .beliefs", "somebody near0.87reward left0.52reward right0.48danger0.31"),
    ("#hypotheses .version", "model hypergrid-8x4-1"),
    ("#tiers [data-tier=cognition] td >> nth=0", "● up"),
    ("#tiers [data-tier=cognition] td >> nth=1", "96 MB"),
    ("#tiers [data-tier=cognition] td >> nth=2", "12 min 34 s"),
    ("#tiers .bus", "● bus connected"),
]


def test_every_panel_shows_what_was_sent(page: Page) -> None:
    for selector, text in SHOWN:
        expect(page.locator(selector), selector).to_have_text(text)


def test_bars_are_as_long_as_their_values(page: Page) -> None:
    expect(page.locator("#link")).to_have_text("live")
    for name, level, setpoint in (("dopamine", 0.62, 0.5), ("norepinephrine", 0.83, 0.45)):
        bar = page.locator(f"#transmitters [data-name={name}] .bar")
        assert _share(bar) == pytest.approx(level)
        assert _share(bar, "--mark") == pytest.approx(setpoint)


def _share(bar: Locator, name: str = "--share") -> float:
    return float(bar.evaluate(f"bar => bar.style.getPropertyValue('{name}')"))


def test_the_percentiles_are_of_what_is_shown(service: Service, page: Page) -> None:
    fired = [reflex(1000 + i, float(i), 0.1) for i in range(1, 51)]
    expect(page.locator("#reflexes .count")).to_have_text("50")
    service.send(lively(reflexes=tuple(fired)))
    expect(page.locator("#reflexes .count")).to_have_text("100")
    shown = sorted(
        [*(s.event.latency_ms for s in lively().reflexes), *(float(i) for i in range(1, 51))]
    )
    expect(page.locator("#reflexes .p50")).to_have_text(f"{shown[49]:.1f} ms")
    expect(page.locator("#reflexes .p99")).to_have_text(f"{shown[98]:.1f} ms")


def test_a_reflex_is_counted_once_however_often_it_is_sent(service: Service, page: Page) -> None:
    expect(page.locator("#reflexes .count")).to_have_text("50")
    for age_s in (0.0, 0.5, 1.0):
        service.send(lively(reflexes=(reflex(7000, 20, age_s),), alpha_hz=9 + age_s))
        expect(page.locator("#alpha")).to_have_text(f"{9 + age_s:.1f} Hz")
    expect(page.locator("#reflexes .count")).to_have_text("51")


def test_a_late_reflex_is_told_by_words_and_shape(service: Service, page: Page) -> None:
    service.send(lively(reflexes=(reflex(900, 71.5, 0, 1), reflex(899, 20, 1))))
    first = page.locator("#reflexes .latest li").first
    expect(first.locator(".ms")).to_have_text("71.5 ms late")
    expect(first).to_contain_text("alarm→ withdraw")
    assert first.locator("i").evaluate("i => getComputedStyle(i).clipPath") != "none"
    expect(page.locator("#reflexes canvas")).to_have_attribute("aria-label", _late_than(50))


def _late_than(ms: int) -> re.Pattern[str]:
    return re.compile(rf"[1-9]\d* later than the deadline of {ms} ms$")


def test_who_is_pushed_out_is_named_with_who_pushed(service: Service, page: Page) -> None:
    shown = page.locator("#workspace .evicted li")
    expect(shown.first).to_contain_text("“refrigerator hum”pushed out by audio “smoke alarm")
    workspace = lively().workspace.model_copy(
        update={
            "contents": (held("ref-dog", "a dog barks", 0.99), *lively().workspace.contents[:5]),
            "entered": "ref-dog",
        }
    )
    gone = (evicted("the kitchen, last winter", "ref-dog", 9, 0.0), *lively().evicted)
    service.send(lively(workspace=workspace, evicted=gone))
    expect(shown.first).to_have_text(
        "audio “the kitchen, last winter”pushed out by audio “a dog barks”0 s ago"
    )
    expect(shown).to_have_count(3)
    expect(page.locator(".evicted li.left")).to_have_count(1)
    expect(page.locator(".slot.entered")).to_contain_text("a dog barks")


def test_what_faded_was_pushed_out_by_nobody(service: Service, page: Page) -> None:
    service.send(lively(evicted=(evicted("an itch", None, 12),)))
    expect(page.locator("#workspace .evicted li")).to_have_text("audio “an itch”faded0 s ago")


@pytest.mark.parametrize(
    ("workspace", "rows", "free", "told"),
    [(FULL, 9, 0, "9 of 9"), (EMPTY, 7, 7, "0 of 7"), (None, 0, 0, NONE)],
    ids=["full", "empty", "not heard"],
)
def test_the_workspace_has_a_row_for_each_slot(
    service: Service, page: Page, workspace, rows, free, told
) -> None:
    service.send(lively(workspace=workspace))
    expect(page.locator("#workspace .held")).to_have_text(told)
    expect(page.locator(".slot")).to_have_count(rows)
    expect(page.locator(".slot.free")).to_have_count(free)
    for row in page.locator(".slot").all():
        assert row.bounding_box()["height"] >= 16


def test_a_fading_bar_keeps_a_trace_of_its_peak(service: Service, page: Page) -> None:
    def broadcast(salience: float):
        return EMPTY.model_copy(update={"contents": (held("one", "an echo", salience),)})

    value, bar = page.locator(".slot .value").first, page.locator(".slot .bar").first
    for salience in (0.9, 0.75):
        service.send(lively(workspace=broadcast(salience)))
        expect(value).to_have_text(f"{salience:.2f}")
    assert _share(bar) == pytest.approx(0.75)
    assert _share(bar, "--peak") == pytest.approx(0.9)


def test_the_chosen_policy_is_shown_wherever_it_stands(service: Service, page: Page) -> None:
    service.send(lively(will=WILL.model_copy(update={"action": "right"})))
    chosen = page.locator("#will tr.chosen")
    expect(chosen).to_have_text("right → rightchosen9.230.001")
    expect(page.locator("#will tbody tr")).to_have_count(5)


def test_a_negative_free_energy_is_the_shortest_bar(service: Service, page: Page) -> None:
    low = WILL.policies[0].model_copy(update={"efe": -2.5})
    service.send(lively(will=WILL.model_copy(update={"policies": (low, *WILL.policies[1:])})))
    rows = page.locator("#will tbody tr")
    expect(rows.first).to_contain_text("\u22122.50")
    bars = [_share(bar) for bar in page.locator("#will .efe").all()]
    assert bars[0] == 0
    assert bars == sorted(bars)


def test_hypotheses_are_counted_on_the_map(service: Service, page: Page) -> None:
    sampled = lively().hypotheses.model_copy(
        update={
            "hypotheses": ((1, 1, 6, 6), (1, 1, 6, 6), (6, 1, 1, 6), (0, 3, 0, 3)),
            "unique": 3,
            "mode_collapse": True,
        }
    )
    service.send(lively(hypotheses=sampled))
    facts = page.locator("#hypotheses .facts")
    expect(facts).to_contain_text("sampled4unique3diversity0.71modes hit2 of 16collapse▲ collapsed")
    spot = page.evaluate(
        "async () => (await import('./hypergrid.js')).place([6, 1, 1, 6])",
    )
    assert spot == {"x": 49, "y": 14}
    expect(page.locator("#hypotheses canvas")).to_have_attribute(
        "aria-label", "4 cells sampled, 3 of them different, 2 of 16 modes hit"
    )
    _drawn_at(page, spot)


def _drawn_at(page: Page, spot: dict[str, int]) -> None:
    """The cell's pixel has the colour of a sample."""
    page.wait_for_timeout(150)
    seen = page.evaluate(
        """({ x, y }) => {
          const canvas = document.querySelector("#hypotheses canvas");
          const unit = Math.min(canvas.width, canvas.height) / 64;
          const [left, top] = [(canvas.width - unit * 64) / 2, (canvas.height - unit * 64) / 2];
          const context = canvas.getContext("2d");
          const at = context.getImageData(left + (x + 0.5) * unit, top + (y + 0.5) * unit, 1, 1);
          return [...at.data.slice(0, 3)];
        }""",
        spot,
    )
    sample = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--sample').trim()"
    )
    assert seen == pytest.approx([int(sample[i : i + 2], 16) for i in (1, 3, 5)], abs=12)


def test_nothing_heard_is_shown_as_such(service: Service, opened: Opened) -> None:
    service.send(NOTHING_HEARD)
    page = opened()
    expect(page.locator("#banner")).to_have_text("○ No check was made yet.")
    for selector in (
        "#workspace .held",
        "#will .action",
        "#circadian .waking",
        "#circadian .phase",
    ):
        expect(page.locator(selector), selector).to_have_text(NONE)
    expect(page.locator("#circadian [data-name=compute] .value")).to_have_text(NONE)
    expect(page.locator("#hypotheses .version")).to_have_text("none sampled yet")
    expect(page.locator("#tiers [data-tier=instinct] .state")).to_have_text("○ not heard")
    expect(page.locator("#will .more")).to_have_text("Nothing decided yet.")


def test_a_night_falls(service: Service, page: Page) -> None:
    body = lively().circadian.model_copy(
        update={"asleep": True, "local_time": "02:30", "multiplier": 0.25}
    )
    service.send(lively(circadian=body))
    expect(page.locator("#circadian .waking")).to_have_text("☾ asleep")
    expect(page.locator("#circadian [data-name=compute] .value")).to_have_text("25 %")
    expect(page.locator("#circadian canvas")).to_have_attribute(
        "aria-label",
        "Local time 02:30, 3.2 h after the temperature minimum, asleep, cortisol 0.98, melatonin 0.22",
    )
