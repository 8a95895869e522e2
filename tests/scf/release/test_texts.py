"""The model card and the notes: every figure is the record's own."""

import re
from pathlib import Path

import pytest
import yaml
from tests.scf.release_world import RULE, TIME, WEEKS, World, release

from scf.clock import VARIABLE
from scf.contracts.job import Job, Result
from scf.registry.lineage import dataset_of
from scf.release.card import NOT_STATED, Card
from scf.release.errors import ReleaseError


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World.make(tmp_path / "world")
    first = world.train(1, loss=0.5, **{"odd | name": 1.5e-30})
    world.release(WEEKS[0])
    world.train(2, parent=first, loss=0.25, new=3.0)
    world.release(WEEKS[1])
    return world


def text(world: World, week: str, name: str) -> str:
    return (world.history / f"week-{week}" / name).read_text()


def test_the_cards_head_is_the_runs_record(world: World) -> None:
    version = world.registry.versions("energy")[1]
    run = world.drive.root / "model_zoo/runs" / version.job
    job, result = Job.read(run / "job.json"), Result.read(run / "result.json")
    card = Card.front(text(world, "2026-11-09", "card.md"))
    dataset = dataset_of(world.drive, version.dataset)
    assert card == Card.of("2026-11-09", version, job, dataset, result)
    assert card.metrics == result.metrics
    assert card.fossils == 8


def test_the_cards_head_is_yaml(world: World) -> None:
    written = text(world, "2026-11-02", "card.md")
    head = yaml.safe_load(written.split("---\n")[1])
    assert head["metrics"] == Card.front(written).metrics
    assert head["parent"] is None


def test_every_figure_of_the_card_is_a_recorded_one(world: World) -> None:
    written = text(world, "2026-11-02", "card.md")
    section = written.partition("## Metrics")[2].partition("##")[0]
    rows = dict(re.findall(r"^\| (.+?) \| ([^|]+) \|$", section, re.MULTILINE))
    rows.pop("metric")
    rows.pop("---")
    assert {name: float(value) for name, value in rows.items()} == {
        "loss": 0.5,
        r"odd \| name": 1.5e-30,
    }


def test_what_it_is_for_is_what_was_configured(tmp_path: Path) -> None:
    world = World.make(tmp_path / "world")
    world.train(1)
    release(
        world.drive,
        world.registry,
        world.log,
        model="energy",
        week=WEEKS[0],
        rule=RULE,
        intended_use="Toys only.",
    )
    assert "## Intended use\n\nToys only.\n" in text(world, "2026-11-02", "card.md")


def test_else_it_says_that_nothing_was_stated(world: World) -> None:
    assert f"## Intended use\n\n{NOT_STATED}\n" in text(world, "2026-11-02", "card.md")


def test_records_that_disagree_make_no_card(world: World) -> None:
    version = world.registry.versions("energy")[0]
    run = world.drive.root / "model_zoo/runs" / version.job
    job, result = Job.read(run / "job.json"), Result.read(run / "result.json")
    dataset = dataset_of(world.drive, version.dataset)
    typed = version.model_copy(update={"metrics": {"loss": 0.01}})
    with pytest.raises(ReleaseError, match="another metrics than its run"):
        Card.of("2026-11-02", typed, job, dataset, result)


def test_the_notes_tell_what_changed(world: World) -> None:
    notes = text(world, "2026-11-09", "notes.md")
    for line in (
        "# energy, week of 2026-11-09",
        "Version 2, generation 2, after version 1 of 2026-11-02.",
        "Version 2 follows version 1: loss 0.25 after 0.5.",
        "| loss | 0.5 | 0.25 | -0.25 |",
        "| new |  | 3 |  |",
        r"| odd \| name | 1.5e-30 |  |  |",
        "8 in 2 shards, 4 of them new since the release before.",
        "| 1 | 1 | 0.5 | in use |",
        "| 2 | 2 | 0.25 | released |",
        "```mermaid",
        "flowchart LR",
    ):
        assert line in notes.splitlines(), line


def test_the_first_notes_know_no_release_before(world: World) -> None:
    notes = text(world, "2026-11-02", "notes.md")
    assert "Version 1, generation 1, the first." in notes
    assert "4 in 1 shards, 4 of them new since the release before." in notes
