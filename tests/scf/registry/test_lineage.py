"""Lineage: every link from a version to its fossils is found, or its absence is an error that names it."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.scf.release_world import World

from scf.contracts.fossil import Fossil
from scf.registry.errors import LineageError
from scf.registry.lineage import Lineage, lineage
from scf.registry.registry import Version


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path / "world")


def three(world: World) -> Version:
    parent = None
    for generation in (1, 2, 3):
        parent = world.train(generation, parent=parent)
    assert parent is not None
    return parent


def test_it_leads_back_to_every_fossil(world: World) -> None:
    found = lineage(world.registry, world.drive, three(world))
    assert [each.version for each in found.generations] == [3, 2, 1]
    assert [each.parent for each in found.generations][-1] is None
    assert [shard.name for shard in found.shards] == [
        f"shard-{number:08d}.ndjson.zst" for number in (1, 2, 3)
    ]
    assert (found.fossils, found.derived, found.parents) == (12, 8, 8)
    assert Lineage.parse(found.canonical(), source="again") == found


def test_it_can_be_read_and_drawn(world: World) -> None:
    version = three(world)
    found = lineage(world.registry, world.drive, version)
    text = found.text()
    for cid in (version.checkpoint, version.job, version.dataset, found.shards[2].cid):
        assert cid in text
    assert text.endswith(
        "12 fossils in 3 shards, 8 made of others, 8 of which others were made: all found\n"
    )
    drawn = found.mermaid().splitlines()
    assert drawn[0] == "flowchart LR"
    assert sum("trained from" in line for line in drawn) == 2
    assert any("shard-00000003.ndjson.zst<br>4 fossils" in line for line in drawn)


def test_a_long_list_of_shards_is_drawn_short(world: World) -> None:
    found = lineage(world.registry, world.drive, world.train(1, shards=12))
    drawn = found.mermaid()
    assert "4 more shards" in drawn
    assert drawn.count("fossils") == 8


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def links(world: World, version: Version) -> dict[str, Path]:
    zoo, vault = world.drive.root / "model_zoo", world.drive.root / "fossil_vault"
    first, last = world.registry.versions("energy")[0], version
    return {
        f"the job {last.job}": zoo / "runs" / last.job / "job.json",
        f"the result {last.result}": zoo / "runs" / last.job / "result.json",
        f"the dataset {last.dataset}": vault / "datasets" / f"{last.dataset}.json",
        f"the job {first.job}": zoo / "runs" / first.job / "job.json",
        f"the result {first.result}": zoo / "runs" / first.job / "result.json",
        f"the dataset {first.dataset}": vault / "datasets" / f"{first.dataset}.json",
        "the shard shard-00000001": vault / "shards/shard-00000001.ndjson.zst",
        "the shard shard-00000003": vault / "shards/shard-00000003.ndjson.zst",
    }


@pytest.mark.parametrize("harm", [flip, os.unlink], ids=["altered", "missing"])
@pytest.mark.parametrize("number", range(8))
def test_each_link_that_is_missing_or_altered_is_named(
    world: World, number: int, harm: Callable[[Path], None]
) -> None:
    version = three(world)
    name, path = list(links(world, version).items())[number]
    harm(path)
    with pytest.raises(LineageError, match=name):
        lineage(world.registry, world.drive, version)


def test_a_version_that_is_not_registered_has_none(world: World) -> None:
    version = three(world).model_copy(update={"generation": 7})
    with pytest.raises(LineageError, match="version 3 of energy is not registered so"):
        lineage(world.registry, world.drive, version)


def test_a_parent_that_is_no_version_is_named(world: World) -> None:
    first = world.train(1)
    other = first.model_copy(update={"checkpoint": first.result})
    version = world.train(2, parent=other)
    with pytest.raises(LineageError, match=f"trained from {first.result}, which is no version"):
        lineage(world.registry, world.drive, version)


def test_a_parent_fossil_in_no_shard_is_asked_of_the_vault(world: World) -> None:
    both = world.dataset(2)
    # the second shard alone, whose fossils were made of those in the first
    alone = both.model_copy(update={"shards": both.shards[1:]})
    folder = world.drive.root / "fossil_vault/datasets"
    (folder / f"{alone.id}.json").write_bytes(alone.canonical())
    world.dataset = Mock(return_value=alone)
    version = world.train(2)
    parents = {fossil.cid: fossil for fossil in world.fossils(1)}

    def vault(cid: str) -> Iterable[Fossil]:
        return iter((parents[cid],))

    found = lineage(world.registry, world.drive, version, vault)
    assert (found.fossils, found.derived, found.parents) == (4, 4, 4)
    with pytest.raises(LineageError, match=f"the fossil {next(iter(parents))} is missing"):
        lineage(world.registry, world.drive, version)
