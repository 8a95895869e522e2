"""The rule: the best by the metric, ties as declared, never NaN, never one that is too much worse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scf.registry_drafts import draft

from scf.errors import ContractError
from scf.registry.registry import Version
from scf.release.errors import ReleaseError
from scf.release.rule import Choice, MetricRule, choose

NAN, INF = math.nan, math.inf


def versions(*metrics: dict[str, float]) -> tuple[Version, ...]:
    return tuple(
        Version.model_construct(**{**draft(number).__dict__, "version": number, "metrics": each})
        for number, each in enumerate(metrics, start=1)
    )


def chosen(
    field: tuple[Version, ...], rule: MetricRule, *, champion: int = 0, after: int = 0
) -> Choice:
    return choose(field, rule, champion=champion, after=after, through=len(field))


LOSS = MetricRule(metric="loss")
CASES = [
    ("lower", [{"loss": 3.0}, {"loss": 1.0}, {"loss": 2.0}], LOSS, 2),
    ("higher", [{"loss": 1.0}, {"loss": 3.0}], MetricRule(metric="loss", direction="higher"), 2),
    ("a tie goes to the older", [{"loss": 1.0}, {"loss": 1.0}], LOSS, 1),
    ("or the newer", [{"loss": 1.0}] * 2, MetricRule(metric="loss", ties=("newer",)), 2),
    (
        "or by another metric",
        [{"loss": 1.0, "kl": 2.0}, {"loss": 1.0, "kl": 1.0}],
        MetricRule(metric="loss", ties=("kl:lower", "older")),
        2,
    ),
    (
        "that higher is better of",
        [{"loss": 1.0, "hq": 0.1}, {"loss": 1.0, "hq": 0.9}],
        MetricRule(metric="loss", ties=("hq:higher",)),
        2,
    ),
    (
        "which one may lack, and lose",
        [{"loss": 1.0}, {"loss": 1.0, "kl": 9.0}],
        MetricRule(metric="loss", ties=("kl:lower",)),
        2,
    ),
    ("NaN never wins", [{"loss": NAN}, {"loss": 9.0}], LOSS, 2),
    ("nor infinity", [{"loss": -INF}, {"loss": 9.0}], LOSS, 2),
    ("nor what is missing", [{"kl": 0.0}, {"loss": 9.0}], LOSS, 2),
]


@pytest.mark.parametrize(
    ("field", "rule", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_best_by_the_rule(field: list[dict[str, float]], rule: MetricRule, wanted: int) -> None:
    assert chosen(versions(*field), rule).version == wanted


@pytest.mark.parametrize("loss", [NAN, INF])
def test_with_nothing_comparable_there_is_no_release(loss: float) -> None:
    with pytest.raises(ReleaseError, match="no version with the metric loss"):
        chosen(versions({"loss": loss}, {}), LOSS)


@pytest.mark.parametrize(
    ("loss", "tolerance", "wanted"),
    [(1.0, 0.0, 2), (1.1, 0.0, 1), (1.1, 0.25, 2), (1.25, 0.25, 2), (1.26, 0.25, 1), (0.9, 0.0, 2)],
)
def test_the_one_in_use_stays_when_the_new_is_too_much_worse(
    loss: float, tolerance: float, wanted: int
) -> None:
    rule = MetricRule(metric="loss", tolerance=tolerance)
    choice = chosen(versions({"loss": 1.0}, {"loss": loss}), rule, champion=1, after=1)
    assert choice.version == wanted
    assert choice.promoted == (wanted == 2)
    assert ("not promoted" in choice.reason) == (wanted == 1)


def test_only_what_came_since_the_last_release_is_a_candidate() -> None:
    field = versions({"loss": 1.0}, {"loss": 0.1}, {"loss": 0.9})
    assert chosen(field, LOSS, champion=1, after=2).version == 3
    every = MetricRule(metric="loss", candidates="all")
    assert chosen(field, every, champion=1, after=2).version == 2


def test_what_came_later_than_it_knew_changes_no_choice() -> None:
    field = versions({"loss": 1.0}, {"loss": 0.5}, {"loss": 0.1})
    early = choose(field[:2], LOSS, champion=0, after=0, through=2)
    assert choose(field, LOSS, champion=0, after=0, through=2) == early


def test_the_table_tells_how_each_stood() -> None:
    field = versions({"loss": 1.0}, {"loss": 2.0}, {"loss": 0.5}, {"loss": NAN})
    choice = chosen(field, LOSS, champion=1, after=1)
    standing = {row.version: row.standing for row in choice.rows}
    assert standing == {1: "in use", 2: "behind", 3: "released", 4: "without the metric"}
    assert Choice.parse(choice.canonical(), source="again") == choice


FIGURES = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 1.0]))


@given(figures=st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=6))
def test_no_other_candidate_is_better(figures: list[tuple[float | None, float | None]]) -> None:
    field = versions(
        *(
            {
                name: value
                for name, value in zip(("loss", "kl"), each, strict=True)
                if value is not None
            }
            for each in figures
        )
    )
    able = [v for v in field if math.isfinite(v.metrics.get("loss", NAN))]
    rule = MetricRule(metric="loss", ties=("kl:higher",))
    if not able:
        with pytest.raises(ReleaseError):
            chosen(field, rule)
        return
    best = field[chosen(field, rule).version - 1]
    assert best.metrics["loss"] == min(v.metrics["loss"] for v in able)
    tied = [v for v in able if v.metrics["loss"] == best.metrics["loss"]]
    figure = [v.metrics.get("kl", NAN) for v in tied]
    known = [each for each in figure if math.isfinite(each)]
    if known:
        assert best.metrics["kl"] == max(known)
    else:
        assert best == tied[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"metric":""}',
        '{"metric":"a:b"}',
        '{"metric":"loss","ties":["kl"]}',
        '{"metric":"loss","ties":["kl:up"]}',
        '{"metric":"loss","tolerance":-1}',
        '{"metric":"loss","direction":"up"}',
        '{"metric":"loss","more":1}',
    ],
)
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ContractError):
        MetricRule.parse(text, source="the rule")
