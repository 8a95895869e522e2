"""The batcher's laws: each record once an epoch, over all workers too, and resumed as if never stopped."""

import gc
import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scf.batcher_shards import Numbered, dataset, line, shard

from scf.batcher.batcher import Batcher
from scf.batcher.errors import (
    CidError,
    FrameError,
    LineError,
    PositionError,
    SizeError,
    UnreadableError,
)
from scf.batcher.position import Position
from scf.cid import cid_of
from scf.contracts.dataset import Dataset
from scf.errors import ContractError


@dataclass(frozen=True)
class World:
    """Shards in a folder, and how they are read."""

    sizes: list[int]
    frame: int
    window: int
    seed: int


WORLDS = st.builds(
    World,
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=12),
    frame=st.integers(1, 400),
    window=st.integers(1, 80),
    seed=st.integers(0, 1 << 32).map(lambda seed: seed % (1 << 32)),
)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def numbers(stream: Iterator[Numbered]) -> list[int]:
    return [record.n for record in stream]


@settings(deadline=None)
@given(WORLDS, st.integers(1, 3))
def test_each_record_comes_once_an_epoch(world: World, epochs: int) -> None:
    with TemporaryDirectory() as name:
        data = dataset(Path(name), world.sizes, frame=world.frame)
        stream = Batcher(
            data, Path(name), seed=world.seed, of=Numbered, window=world.window, epochs=epochs
        )
        found = numbers(iter(stream))
        assert stream.position.epoch == epochs
        assert list(stream) == []
    total = sum(world.sizes)
    assert len(found) == epochs * total
    for epoch in range(epochs):
        assert sorted(found[epoch * total : (epoch + 1) * total]) == list(range(total))


@settings(deadline=None)
@given(WORLDS, st.integers(1, 7), st.integers(0, 3))
def test_workers_read_each_record_once_together(world: World, workers: int, epoch: int) -> None:
    with TemporaryDirectory() as name:
        data = dataset(Path(name), world.sizes, frame=world.frame)
        found: Counter[int] = Counter()
        for worker in range(workers):
            stream = Batcher(
                data,
                Path(name),
                seed=world.seed,
                of=Numbered,
                window=world.window,
                worker=worker,
                workers=workers,
                epochs=epoch + 1,
            )
            for record in stream:
                if stream.position.epoch == epoch:
                    found[record.n] += 1
    assert found == dict.fromkeys(range(sum(world.sizes)), 1)


@settings(deadline=None)
@given(WORLDS, st.integers(1, 3), st.data())
def test_a_stream_resumed_anywhere_is_the_stream_that_was_never_stopped(
    world: World, workers: int, data: st.DataObject
) -> None:
    worker = data.draw(st.integers(0, workers - 1))
    with TemporaryDirectory() as name:
        shards = dataset(Path(name), world.sizes, frame=world.frame)

        def stream(start: Position | None = None) -> Batcher[Numbered]:
            return Batcher(
                shards,
                Path(name),
                seed=world.seed,
                of=Numbered,
                window=world.window,
                worker=worker,
                workers=workers,
                epochs=2,
                start=start,
            )

        whole = numbers(iter(stream()))
        cut = data.draw(st.integers(0, len(whole)))
        first = stream()
        head = numbers(islice(first, cut))
        # what is kept between two processes is JSON
        kept = Position.parse(first.position.canonical(), source="position")
        assert head + numbers(iter(stream(kept))) == whole
        # and the one that was stopped can itself go on
        assert head + numbers(iter(first)) == whole


@settings(deadline=None)
@given(WORLDS, st.integers(1, 50), st.data())
def test_batches_are_the_stream_in_pieces(world: World, size: int, data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        shards = dataset(Path(name), world.sizes, frame=world.frame)

        def stream(start: Position | None = None) -> Batcher[Numbered]:
            return Batcher(
                shards,
                Path(name),
                seed=world.seed,
                of=Numbered,
                window=world.window,
                epochs=2,
                start=start,
            )

        whole = list(stream())
        batches = list(stream().batches(size))
        assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        assert [record for batch in batches for record in batch] == whole
        first = stream()
        cut = data.draw(st.integers(0, len(batches)))
        head = list(islice(first.batches(size), cut))
        assert head + list(stream(first.position).batches(size)) == batches


def test_epochs_seeds_and_workers_have_orders_of_their_own(tmp_path: Path) -> None:
    data = dataset(tmp_path, [50] * 6, frame=300)

    def order(seed: int, window: int = 32) -> list[int]:
        return numbers(
            iter(Batcher(data, tmp_path, seed=seed, of=Numbered, window=window, epochs=2))
        )

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1)[:300] != order(1)[300:]
    assert order(1) != order(1, window=64)


def test_a_batch_is_of_several_shards_and_of_no_run_of_neighbours(tmp_path: Path) -> None:
    """Neighbours in a shard are alike: were they to come together, a batch would be of one kind."""
    data = dataset(tmp_path, [400] * 8, frame=1000)
    stream = Batcher(data, tmp_path, seed=3, of=Numbered, window=400)
    seen = [len({record.n // 400 for record in batch}) for batch in stream.batches(64)]
    assert sum(seen) / len(seen) > 3
    found = numbers(iter(Batcher(data, tmp_path, seed=3, of=Numbered, window=400)))
    neighbours = sum(abs(a - b) == 1 for a, b in pairwise(found))
    assert neighbours < 0.02 * len(found)


def test_an_endless_stream_goes_on(tmp_path: Path) -> None:
    data = dataset(tmp_path, [3])
    stream = Batcher(data, tmp_path, seed=0, of=Numbered, epochs=None)
    found = numbers(islice(stream, 3 * 40))
    assert Counter(found) == {0: 40, 1: 40, 2: 40}
    assert stream.position.epoch == 39


def test_even_a_worker_with_fewer_frames_than_workers_comes_to_its_turn(tmp_path: Path) -> None:
    data = dataset(tmp_path, [3])
    for worker in range(4):
        stream = Batcher(data, tmp_path, seed=0, of=Numbered, worker=worker, workers=4, epochs=None)
        assert sorted(numbers(islice(stream, 6))) == [0, 0, 1, 1, 2, 2]


def test_records_come_as_what_is_asked_for(tmp_path: Path) -> None:
    data = dataset(tmp_path, [5])
    assert sorted(Batcher(data, tmp_path, seed=0, of=bytes)) == sorted(map(line, range(5)))
    found = list(Batcher(data, tmp_path, seed=0, of=dict))
    assert sorted(found, key=lambda each: each["n"]) == [json.loads(line(n)) for n in range(5)]
    typed = list(Batcher(data, tmp_path, seed=0, of=Numbered))
    assert sorted(typed, key=lambda each: each.n) == [Numbered(n) for n in range(5)]


class Named(msgspec.Struct):
    name: str


def test_a_record_of_another_type_is_refused_where_it_is(tmp_path: Path) -> None:
    data = dataset(tmp_path, [5])
    with pytest.raises(LineError, match=r"shard-0\.ndjson\.zst, byte 0: no record: .*`name`"):
        list(Batcher(data, tmp_path, seed=0, of=Named))


@pytest.mark.parametrize("of", [Numbered, dict])
@pytest.mark.parametrize(
    "bad",
    [b"{", b'{"n":1} 2', b"\xff", b"NaN", b'{"n":"\xff"}', b'{"n":1,"deep":' + b"[" * 100_000],
)
def test_what_is_no_json_is_refused(tmp_path: Path, of: type, bad: bytes) -> None:
    data = Dataset(shards=(shard(tmp_path / "a", [line(1), bad]),))
    with pytest.raises(LineError, match="a, byte 0: no record"):
        list(Batcher(data, tmp_path, seed=0, of=of))


def test_shards_are_compared_with_their_cids_once_when_asked(tmp_path: Path) -> None:
    data = dataset(tmp_path, [50, 50], frame=100)
    good = Batcher(data, tmp_path, seed=0, of=Numbered, epochs=3, verify=True)
    assert len(list(good)) == 300
    other = data.shards[0].model_copy(update={"cid": cid_of(b"other")})
    lie = Dataset(shards=(other, data.shards[1]))
    with pytest.raises(CidError, match=r"shard-0\.ndjson\.zst, byte 0: its CID is"):
        list(Batcher(lie, tmp_path, seed=0, of=Numbered, verify=True))
    assert len(list(Batcher(lie, tmp_path, seed=0, of=Numbered))) == 100


def test_damage_is_refused_and_what_came_before_it_was_whole(tmp_path: Path) -> None:
    data = dataset(tmp_path, [200], frame=200)
    path = tmp_path / data.shards[0].name
    whole = numbers(iter(Batcher(data, tmp_path, seed=5, of=Numbered, window=1)))
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    stream = Batcher(data, tmp_path, seed=5, of=Numbered, window=1)
    found: list[int] = []
    with pytest.raises(FrameError, match=r"shard-0\.ndjson\.zst, byte \d+: "):
        found.extend(record.n for record in stream)
    assert found == whole[: len(found)]
    path.write_bytes(packed[:-1])
    with pytest.raises(SizeError, match="a file of"):
        list(Batcher(data, tmp_path, seed=5, of=Numbered))
    path.unlink()
    with pytest.raises(UnreadableError):
        list(Batcher(data, tmp_path, seed=5, of=Numbered))


def test_a_position_of_another_stream_is_refused(tmp_path: Path) -> None:
    data = dataset(tmp_path, [50, 50], frame=100)
    stream = Batcher(data, tmp_path, seed=1, of=Numbered, window=20)
    numbers(islice(stream, 30))
    start = stream.position
    less = Dataset(shards=data.shards[:1])
    for other, seed, window, workers in ((data, 2, 20, 1), (data, 1, 21, 1), (data, 1, 20, 2), (less, 1, 20, 1)):  # fmt: skip
        with pytest.raises(PositionError, match="another dataset, seed, window or worker"):
            Batcher(
                other, tmp_path, seed=seed, of=Numbered, window=window, workers=workers, start=start
            )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"shard": "nowhere"}, "in nowhere, which this stream does not read"),
        ({"offset": 3}, "no frame of this stream begins at byte 3"),
        ({"skip": 10_000}, "skips 10000 of"),
    ],
)
def test_a_position_of_no_place_is_refused(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    data = dataset(tmp_path, [50, 50], frame=100)
    stream = Batcher(data, tmp_path, seed=1, of=Numbered, window=20)
    numbers(islice(stream, 30))
    start = stream.position.model_copy(update=change)
    with pytest.raises(PositionError, match=reason):
        list(Batcher(data, tmp_path, seed=1, of=Numbered, window=20, start=start))


def test_a_position_that_makes_no_sense_is_no_position(tmp_path: Path) -> None:
    begin = Batcher(dataset(tmp_path, [5]), tmp_path, seed=1, of=Numbered).position
    wrong = json.loads(begin.canonical()) | {"skip": 5}
    with pytest.raises(ContractError, match="has not begun"):
        Position.parse(json.dumps(wrong), source="position")


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_is_left_as_it_was(tmp_path: Path, collecting: bool) -> None:
    data = Dataset(shards=(*dataset(tmp_path, [5]).shards, shard(tmp_path / "z", [b"["])))
    (gc.enable if collecting else gc.disable)()
    try:
        stream = Batcher(data, tmp_path, seed=0, of=dict)
        with pytest.raises(LineError):
            list(stream)
        assert gc.isenabled() == collecting
    finally:
        gc.enable()


def test_files_are_few_and_are_closed(tmp_path: Path) -> None:
    data = dataset(tmp_path, [2] * 100)
    before = open_files()
    stream = iter(Batcher(data, tmp_path, seed=0, of=Numbered, window=10))
    next(stream)
    assert open_files() - before <= 32
    del stream
    assert open_files() == before


def test_memory_does_not_grow_with_the_dataset(tmp_path: Path) -> None:
    ref = shard(tmp_path / "s0", (b'{"n":%d,"pad":"%s"}' % (n, b"x" * 300) for n in range(6000)))

    def peak(count: int) -> int:
        refs = []
        for index in range(count):
            path = tmp_path / f"s{index}"
            if not path.exists():
                path.hardlink_to(tmp_path / "s0")
            refs.append(ref.model_copy(update={"name": path.name}))
        tracemalloc.start()
        try:
            read = sum(
                1
                for _ in Batcher(
                    Dataset(shards=tuple(refs)), tmp_path, seed=0, of=bytes, window=1000
                )
            )
            assert read == 6000 * count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2)
    assert peak(40) < peak(4) + (1 << 20)
