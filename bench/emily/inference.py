"""How soon Emily decides, and how well an agent does in the T-maze."""

import time

import numpy as np
from bench.emily.rows import Row

from emily.cognition.inference import ActiveInference, Observed, SituationModel
from emily.cognition.inference.tmaze import episode, tmaze

DECISIONS = 2000
EPISODES = 500
EXPECTED = {
    ("stay", "stay"): 8.4171,
    ("cue", "left"): 8.1288,
    ("left", "left"): 9.2269,
    ("cue", "cue"): 7.0308,
}


def rows() -> list[Row]:
    """The T-maze's figures, and the time of a decision."""
    return [_efe(), *_maze(), *_decision()]


def _efe() -> Row:
    found = {policy.actions: policy.efe for policy in ActiveInference(tmaze()).plan()}
    error = max(abs(found[actions] - efe) for actions, efe in EXPECTED.items())
    return Row(
        "T-maze: expected free energy, largest error", f"{error:.1e}", "< 1e-4", error < 1e-4
    )


def _maze() -> list[Row]:
    agent, rng = ActiveInference(tmaze(), seed=1), np.random.default_rng(0)
    begin = time.perf_counter()
    episodes = [episode(agent, rng) for _ in range(EPISODES)]
    each_ms = (time.perf_counter() - begin) / EPISODES * 1e3
    cue = sum(one.moves[0] == "cue" for one in episodes) / EPISODES
    won = sum(one.won for one in episodes) / EPISODES
    return [
        Row("T-maze: cue first", f"{cue:.1%}", "100 %", cue == 1),
        Row("T-maze: won", f"{won:.1%}", ">= 97 %", won >= 0.97),
        Row("T-maze: an episode", f"{each_ms:.2f} ms"),
    ]


def _decision() -> list[Row]:
    kinds = [[], [Observed("clap", 0.5)], [Observed("voice", 0.95)], [Observed("alarm", 0.95)]]
    model, times_ms, actions = SituationModel(), [], set[str]()
    for index in range(DECISIONS):
        begin = time.perf_counter()
        policies = model.decide(kinds[index // 5 % len(kinds)])
        times_ms.append((time.perf_counter() - begin) * 1e3)
        actions.add(policies[0].action)
    if not {"wait", "look", "greet", "alert"} <= actions:
        raise RuntimeError(f"the situation model only knows to {', '.join(sorted(actions))}")
    median, late = np.percentile(times_ms, [50, 99])
    return [
        Row(
            "Situation: a decision among 25 policies, median",
            f"{median:.2f} ms",
            "< 5 ms",
            bool(median < 5),
        ),
        Row("Situation: a decision among 25 policies, p99", f"{late:.2f} ms"),
    ]
