"""The emergency lock between the steps of a release and of a rollback: nothing further, and nothing lost."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from tests.scf.release_world import RULE, TIME, WEEKS, World, contents

from scf.clock import VARIABLE
from scf.release.errors import HaltedError
from scf.release.rollback import rollback
from scf.release.weekly import release

Act = Callable[[World, Callable[[], bool]], None]


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


def made(folder: Path, act: Act) -> World:
    world = World.make(folder)
    first = world.train(1)
    world.release(WEEKS[0])
    world.train(2, parent=first)
    if act is back:
        world.release(WEEKS[1])
    return world


def forward(world: World, halted: Callable[[], bool]) -> None:
    release(
        world.drive,
        world.registry,
        world.log,
        model="energy",
        week=WEEKS[1],
        rule=RULE,
        clock=lambda: TIME,
        halted=halted,
    )


def back(world: World, halted: Callable[[], bool]) -> None:
    rollback(world.drive, world.registry, world.log, week=WEEKS[0], halted=halted)


STEPS = {
    "made": (forward, ["is made", "is attested", "brought into use", "gets its name"]),
    "gone back to": (back, ["the rollback to", "is attested", "brought into use"]),
}


@pytest.mark.parametrize(("act", "steps"), STEPS.values(), ids=STEPS)
def test_it_stops_before_the_next_step_and_the_next_call_goes_on(
    tmp_path: Path, act: Act, steps: list[str]
) -> None:
    act(whole := made(tmp_path / "whole", act), lambda: False)
    for number, step in enumerate(steps):
        world = made(tmp_path / str(number), act)
        asked = count()
        with pytest.raises(HaltedError, match=rf"^the emergency lock exists: .*{step}"):
            act(world, lambda asked=asked, number=number: next(asked) >= number)
        entries = len(world.log)
        with pytest.raises(HaltedError):  # as long as it is there
            act(world, lambda: True)
        assert len(world.log) == entries
        act(world, lambda: False)
        assert contents(world.drive.root) == contents(whole.drive.root)
