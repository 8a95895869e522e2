"""The global workspace holds the few that are most salient."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.contracts.messages import Broadcast, Candidate
from emily.nervous_system.workspace import GlobalWorkspace, Rules, WorkspaceError

SECOND = 1_000_000_000
BARE = Rules(hysteresis=0, floor=0, surprise_weight=0, goal_weight=0)


def candidate(ref: str, salience: float, **more: float) -> Candidate:
    return Candidate(
        ref=ref, kind="clap", source="ear", content=f"heard {ref}", salience=salience, **more
    )


def refs(broadcast: Broadcast) -> list[str]:
    return [held.ref for held in broadcast.contents]


SUBMISSIONS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.floats(0, 1),
        st.integers(0, 40) | st.just(0),
    ),
    max_size=60,
)


@given(SUBMISSIONS, st.integers(5, 9))
def test_without_hysteresis_it_holds_the_strongest_of_all_that_ignited(
    submissions: list[tuple[int, float, int]], capacity: int
) -> None:
    rules = Rules(capacity=capacity, hysteresis=0, floor=0, surprise_weight=0, goal_weight=0)
    workspace, now_s = GlobalWorkspace(rules), 0
    best: dict[str, tuple[float, int]] = {}
    for ref, salience, after_s in submissions:
        now_s += after_s
        workspace.submit(candidate(str(ref), salience), now_s * SECOND)
        if salience > rules.threshold:
            earlier = best.get(str(ref), (0.0, 0))
            decayed = earlier[0] * 2 ** (-(now_s - earlier[1]) / rules.half_life_s)
            if salience > decayed:
                best[str(ref)] = (salience, now_s)
        assert len(workspace) <= capacity
    by_now = sorted(
        (s * 2 ** (-(now_s - at_s) / rules.half_life_s) for s, at_s in best.values()), reverse=True
    )
    held = [held.salience for held in workspace.broadcast(now_s * SECOND).contents]
    assert held == pytest.approx(by_now[:capacity], rel=1e-9)


@given(SUBMISSIONS)
def test_what_enters_is_broadcast_once_with_who_had_to_leave(
    submissions: list[tuple[int, float, int]],
) -> None:
    workspace, now_s = GlobalWorkspace(Rules(floor=0.3)), 0
    inside: set[str] = set()
    for ref, salience, after_s in submissions:
        now_s += after_s
        broadcast = workspace.submit(candidate(str(ref), salience), now_s * SECOND)
        if broadcast is None:
            continue
        left = {evicted.held.ref for evicted in broadcast.evicted}
        assert left <= inside
        entered = {broadcast.entered} - {None}
        assert set(refs(broadcast)) == (inside - left) | entered
        assert entered or left
        inside = set(refs(broadcast))
    assert {ref for ref in map(str, range(31)) if workspace.is_conscious(ref)} == inside


def test_what_is_weaker_than_the_threshold_does_not_ignite() -> None:
    workspace = GlobalWorkspace(Rules(threshold=0.7))
    assert workspace.submit(candidate("a", 0.7), 0) is None
    assert workspace.submit(candidate("a", 0.71), 0) is not None
    assert workspace.submit(candidate("b", 0.71), 0, threshold=0.8) is None
    assert workspace.submit(candidate("b", 0.71), 0, gain=1.2, threshold=0.8) is not None


def test_a_full_workspace_is_entered_by_beating_the_weakest_by_the_hysteresis() -> None:
    workspace = GlobalWorkspace(Rules(capacity=5, hysteresis=0.05))
    for index in range(5):
        workspace.submit(candidate(str(index), 0.75 + index / 100), 0)
    assert workspace.submit(candidate("near", 0.79), 0) is None
    broadcast = workspace.submit(candidate("strong", 0.81), 0)
    assert broadcast is not None
    assert refs(broadcast) == ["strong", "4", "3", "2", "1"]
    assert [(e.held.ref, e.by) for e in broadcast.evicted] == [("0", "strong")]


def test_salience_halves_and_fades() -> None:
    workspace = GlobalWorkspace(Rules(half_life_s=10, floor=0.2))
    workspace.submit(candidate("a", 0.8), 0)
    assert workspace.broadcast(10 * SECOND).contents[0].salience == pytest.approx(0.4)
    assert workspace.fade(19 * SECOND) is None
    faded = workspace.fade(21 * SECOND)
    assert faded is not None
    assert [(e.held.ref, e.by) for e in faded.evicted] == [("a", None)]
    assert len(workspace) == 0


def test_what_fades_is_told_even_when_the_newcomer_does_not_enter() -> None:
    workspace = GlobalWorkspace(Rules(half_life_s=1))
    workspace.submit(candidate("old", 0.9), 0)
    told = workspace.submit(candidate("weak", 0.1), 10 * SECOND)
    assert told is not None
    assert (told.entered, [e.held.ref for e in told.evicted]) == (None, ["old"])


def test_what_comes_again_is_refreshed() -> None:
    workspace = GlobalWorkspace(BARE)
    workspace.submit(candidate("a", 0.9), 0)
    again = workspace.submit(candidate("a", 0.8), 20 * SECOND)
    assert again is not None
    assert [(h.ref, h.salience, h.entered_ns) for h in again.contents] == [
        ("a", pytest.approx(0.8), 0)
    ]
    assert workspace.submit(candidate("a", 0.75), 20 * SECOND) is None


def test_surprise_and_goals_help() -> None:
    workspace = GlobalWorkspace(Rules(surprise_weight=0.2, goal_weight=0.1))
    helped = candidate("a", 0.5, surprise=1.0, goal_match=0.5)
    assert workspace.salience(helped) == pytest.approx(0.75)
    assert workspace.salience(helped, gain=2.0) == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": 4},
        {"capacity": 10},
        {"capacity": 0, "below_miller": True},
        {"threshold": 1.1},
        {"threshold": float("nan")},
        {"hysteresis": -0.1},
        {"half_life_s": 0},
        {"half_life_s": float("inf")},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(WorkspaceError):
        Rules(**wrong)


def test_four_are_allowed_when_asked_for() -> None:
    assert Rules(capacity=4, below_miller=True).capacity == 4


def test_time_runs_forwards() -> None:
    workspace = GlobalWorkspace()
    workspace.submit(candidate("a", 0.9), SECOND)
    with pytest.raises(WorkspaceError):
        workspace.submit(candidate("b", 0.9), 0)
