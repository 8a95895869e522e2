"""The order of an epoch, as a pure function."""

from hypothesis import given
from hypothesis import strategies as st

from scf.batcher.order import BLOCK_SHARDS, BLOCK_WINDOWS, Draw, Share, blocks, permutation, shares
from scf.cid import cid_of
from scf.contracts.dataset import ShardRef

SEEDS = st.integers(0, (1 << 32) - 1)


@given(
    st.integers(0, 200),
    SEEDS,
    SEEDS,
    st.sampled_from(Draw),
    st.lists(st.integers(0, (1 << 53) - 1)),
)
def test_a_permutation_is_one_and_depends_on_its_place_alone(
    size: int, seed: int, epoch: int, draw: Draw, place: list[int]
) -> None:
    found = permutation(size, seed, epoch, draw, *place).tolist()
    assert sorted(found) == list(range(size))
    assert permutation(size, seed, epoch, draw, *place).tolist() == found


def test_every_part_of_the_place_matters() -> None:
    drawn = {
        tuple(permutation(50, *place).tolist())
        for place in (
            (1, 2, Draw.RECORDS, 3, 4),
            (2, 2, Draw.RECORDS, 3, 4),
            (1, 1, Draw.RECORDS, 3, 4),
            (1, 2, Draw.FRAMES, 3, 4),
            (1, 2, Draw.RECORDS, 4, 4),
            (1, 2, Draw.RECORDS, 3, 5),
            (1, 2, Draw.RECORDS, 3, 4 | 1 << 32),
        )
    }
    assert len(drawn) == 7


def test_the_order_is_frozen() -> None:
    """A run that is resumed with a later release of NumPy, or of this, must go on as it began."""
    assert permutation(10, 7, 1, Draw.SHARDS).tolist() == [2, 3, 7, 6, 4, 9, 5, 0, 1, 8]
    assert shares(5, seed=7, epoch=1, worker=0, workers=2) == [Share(2), Share(4), Share(0, 1, 2)]


@given(st.integers(1, 40), SEEDS, st.integers(0, 99), st.integers(1, 12))
def test_workers_are_dealt_every_frame_once(
    count: int, seed: int, epoch: int, workers: int
) -> None:
    frames = 30
    dealt = [
        (share.shard, frame)
        for worker in range(workers)
        for share in shares(count, seed, epoch, worker, workers)
        for frame in range(share.first, frames, share.step)
    ]
    assert sorted(dealt) == [(shard, frame) for shard in range(count) for frame in range(frames)]


@given(st.integers(1, 40), SEEDS, st.integers(0, 99), st.integers(1, 12))
def test_no_worker_is_dealt_a_frame_more_than_another_of_each_shard_left_over(
    count: int, seed: int, epoch: int, workers: int
) -> None:
    frames = 30
    loads = [
        sum(len(range(share.first, frames, share.step)) for share in shares(count, seed, epoch, each, workers))
        for each in range(workers)
    ]  # fmt: skip
    assert max(loads) - min(loads) <= count % workers


@given(st.lists(st.integers(1, 500), min_size=1, max_size=60), st.integers(1, 100))
def test_blocks_keep_the_order_and_are_of_several_shards_and_windows(
    sizes: list[int], window: int
) -> None:
    refs = [
        ShardRef(name=f"s{index}", cid=cid_of(b""), records=size, bytes=1, raw_bytes=1)
        for index, size in enumerate(sizes)
    ]
    dealt = shares(len(refs), seed=1, epoch=0, worker=0, workers=1)
    found = list(blocks(dealt, refs, window))
    assert [share for block in found for share in block] == dealt
    for block in found[:-1]:
        held = [sizes[share.shard] for share in block]
        assert len(block) >= BLOCK_SHARDS
        assert sum(held) >= BLOCK_WINDOWS * window
        assert len(block) == BLOCK_SHARDS or sum(held[:-1]) < BLOCK_WINDOWS * window
