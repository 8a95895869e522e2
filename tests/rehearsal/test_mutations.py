"""A change that matters is noticed on a running daemon, at the place of the inventory that asks for it."""

import re

import pytest

from fleets import ROOT
from rehearsal import trials
from rehearsal.conftest import AGAIN, World
from rehearsal.trials import Mutation
from sovereign.expectations.document import read
from sovereign.generators.registry import EXPECTATIONS

GENERATED = list(trials.of_generated_files())
GENERATORS = list(trials.of_generators())
UNCHANGED = list(trials.that_change_nothing())


def _named(rows: list[tuple[str, Mutation]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mutation", [m for _, m in rows], ids=[m.name for _, m in rows])


def test_the_host_as_it_is_passes(world: World) -> None:
    assert world.host.results is not None
    failed = [f"{one.id}: {one.message}" for one in world.host.results.of("failed")]
    assert failed == []
    assert len(world.host.results.of("passed")) > 400


def test_what_was_tried_leaves_no_trace_on_the_host(world: World) -> None:
    again = world.trials[AGAIN].results
    assert again is not None
    assert [f"{one.id}: {one.message}" for one in again.of("failed")] == []


@_named(GENERATED + GENERATORS)
def test_a_mutation_is_noticed_where_the_inventory_asks_for_it(
    world: World, mutation: Mutation
) -> None:
    tried = world.trials[mutation.name]
    assert tried.results is not None, f"it is refused before anything runs: {tried.refused}"
    noticed = {(one.id, one.key) for one in tried.results.of("failed")}
    assert any(re.match(mutation.fails, name) and key == mutation.key for name, key in noticed), (
        f"noticed: {sorted(noticed)}"
    )


@_named(UNCHANGED)
def test_what_changes_nothing_passes(world: World, mutation: Mutation) -> None:
    tried = world.trials[mutation.name]
    assert tried.results is not None, tried.refused
    assert [f"{one.id}: {one.message}" for one in tried.results.of("failed")] == []
    assert tried.results.of("passed")


def test_there_are_enough_of_each_kind() -> None:
    assert len(GENERATED) >= 25
    assert len(GENERATORS) >= 10
    assert len(UNCHANGED) >= 5


@pytest.mark.parametrize("mutation", [m for _, m in GENERATED + GENERATORS], ids=lambda m: m.name)
def test_a_mutation_is_about_something_that_is_expected(mutation: Mutation) -> None:
    document = read(ROOT / "hosts" / trials.HOST / "generated" / EXPECTATIONS)
    asked = {one.key for one in document.expectations if re.match(mutation.fails, one.id)}
    assert mutation.key in asked
