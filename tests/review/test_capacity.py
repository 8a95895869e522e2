"""The arithmetic of OpenZFS, pinned by its own published and measured figures."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.conftest import Draft
from sovereign.inventory.storage import Vdev
from sovereign.review.capacity import (
    PARITY,
    allocated,
    deflated,
    pool_capacity,
    slop,
    vdev_space,
)
from sovereign.units import Size

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
RAIDZ2_OF_7 = Vdev(kind="raidz2", members=tuple(f"hdd-{number}" for number in range(1, 8)))


def nicenum(size: int) -> str:
    """How `zpool list` and `zfs list` write a size: at most four characters and a unit."""
    power = max(0, (size.bit_length() - 1) // 10)
    value = size / 1024**power
    texts = (f"{value:.{digits}f}" for digits in (2, 1, 0))
    return next(text for text in texts if len(text) <= 4) + "BKMGTPE"[power]


@pytest.mark.parametrize(
    ("record", "percent"),
    [
        (4 * KIB, 33.3),
        (16 * KIB, 66.7),
        (32 * KIB, 66.7),
        (64 * KIB, 66.7),
        (128 * KIB, 66.7),
        (256 * KIB, 71.1),
        (512 * KIB, 71.1),
        (MIB, 71.1),
        (4 * MIB, 71.4),
        (16 * MIB, 71.4),
    ],
)
def test_what_a_record_fills_of_7_wide_raidz2(record: int, percent: float) -> None:
    assert record / allocated("raidz2", 7, record, 12) * 100 == pytest.approx(percent, abs=0.05)


@pytest.mark.parametrize(
    ("kind", "width", "size", "sectors"),
    [
        # delphix, "How I learned to stop worrying and love RAIDZ": data, parity, padding
        ("raidz1", 5, 4 * KIB, 1 + 1),
        ("raidz1", 5, 12 * KIB, 3 + 1),
        ("raidz1", 5, 16 * KIB, 4 + 1 + 1),
        ("raidz1", 3, 8 * KIB, 2 + 1 + 1),
        ("raidz2", 7, 4 * KIB, 1 + 2),
        ("raidz2", 7, 20 * KIB, 5 + 2 + 2),
        ("raidz2", 7, 24 * KIB, 6 + 4 + 2),
        ("raidz2", 7, 128 * KIB, 32 + 14 + 2),
        ("raidz3", 8, 20 * KIB, 5 + 3),
        ("raidz3", 8, 4 * KIB, 1 + 3),
        ("mirror", 2, 128 * KIB, 32),
        ("stripe", 1, 5 * KIB, 2),
    ],
)
def test_what_a_block_takes(kind: str, width: int, size: int, sectors: int) -> None:
    assert allocated(kind, width, size, 12) == sectors * 4 * KIB


@given(
    kind=st.sampled_from(["mirror", "raidz1", "raidz2", "raidz3"]),
    extra=st.integers(1, 12),
    size=st.integers(1, 16 * MIB),
    ashift=st.integers(9, 13),
)
def test_laws_of_allocation(kind: str, extra: int, size: int, ashift: int) -> None:
    parity = PARITY.get(kind, 0)
    taken = allocated(kind, parity + extra, size, ashift)
    sectors, rest = divmod(taken, 1 << ashift)
    assert rest == 0
    assert sectors % (parity + 1) == 0
    data = ceil(size / (1 << ashift))
    assert sectors >= data + parity
    assert taken <= allocated(kind, parity + extra, size + 1, ashift)
    if parity:
        assert sectors <= data + parity * ceil(data / extra) + parity


def test_zfs_list_counts_341_512ths_of_7_wide_raidz2() -> None:
    assert deflated(RAIDZ2_OF_7, 512 * 1000, 12) == 341 * 1000


def test_zfs_list_counts_all_of_a_mirror() -> None:
    mirror = Vdev(kind="mirror", members=("nvme-a.rpool", "nvme-b.rpool"))
    assert deflated(mirror, 512 * 1000, 12) == 512 * 1000


@pytest.mark.parametrize(
    ("dspace", "kept"),
    [
        (100 * MIB, 50 * MIB),
        (GIB, 128 * MIB),
        (64 * GIB, 2 * GIB),
        (4 * TIB, 128 * GIB),
        (100 * TIB, 128 * GIB),
    ],
)
def test_slop_is_a_32nd_and_128_gib_at_most(dspace: int, kept: int) -> None:
    assert slop(dspace) == kept


def test_ember_holds_what_was_measured(committed: Draft) -> None:
    """A pool of this shape and true size: `zpool list` 153T, `zfs list` 102T."""
    has = pool_capacity(committed.loaded(), "ember")
    assert has.raw == 14 * 12_000_138_625_024
    assert has.raw / 10**12 == pytest.approx(168.0, abs=0.05)
    assert has.size / TIB == pytest.approx(152.8, abs=0.1)
    assert nicenum(has.size) == "153T"
    assert nicenum(has.listed) == "102T"
    assert has.listed / 10**12 == pytest.approx(111.75, abs=0.01)
    assert has.listed.human_binary() == "101.6 TiB"
    assert has.by_recordsize[Size(MIB)] / 10**12 == pytest.approx(119.5, abs=0.05)
    assert has.by_recordsize[Size(MIB)].human_binary() == "108.6 TiB"
    assert has.by_recordsize[Size(128 * KIB)] == has.by_recordsize[Size(16 * KIB)]
    assert [size.human() for size in has.practical] == ["89.4 TB", "100.6 TB"]


def test_a_mirror_holds_one_leg(committed: Draft) -> None:
    has = pool_capacity(committed.loaded(), "rpool")
    leg = committed.loaded().hardware.disks["nvme-a"].size - (1 + 32 + 200 + 64) * GIB
    assert has.raw == pytest.approx(2 * leg, rel=1e-4)
    assert leg * 0.99 < has.size <= leg
    assert has.listed == has.size - has.size // 32
    assert set(has.by_recordsize.values()) == {has.size}


@pytest.mark.parametrize(
    ("disk", "listed"),
    [
        # what `zpool list` is known to show for single drives
        ("1000204886016B", "928G"),
        ("2000398934016B", "1.81T"),
        ("4000787030016B", "3.62T"),
        ("12000138625024B", "10.9T"),
    ],
)
def test_space_comes_in_whole_metaslabs(committed: Draft, disk: str, listed: str) -> None:
    draft = committed.host(
        'serial = "HDD_1", size = "12000138625024B"', f'serial = "HDD_1", size = "{disk}"'
    )
    assert nicenum(vdev_space(draft.loaded(), Vdev(kind="stripe", members=("hdd-1",)))) == listed


def test_a_vdev_is_as_large_as_its_smallest_member_allows(committed: Draft) -> None:
    whole = vdev_space(committed.loaded(), RAIDZ2_OF_7)
    smaller = committed.host(
        'serial = "HDD_1", size = "12000138625024B"', 'serial = "HDD_1", size = "6TB"'
    )
    assert vdev_space(smaller.loaded(), RAIDZ2_OF_7) == pytest.approx(whole / 2, rel=1e-3)


@pytest.mark.parametrize("members", [("hdd-1",), ("hdd-1", "hdd-2")])
def test_a_vdev_with_too_few_members_is_no_reason_to_crash(
    committed: Draft, members: tuple[str, ...]
) -> None:
    text = ", ".join(f'"{member}"' for member in members)
    draft = committed.host('"hdd-1", "hdd-2", "hdd-3", "hdd-4", "hdd-5", "hdd-6", "hdd-7"', text)
    assert draft.findings()
    assert pool_capacity(draft.loaded(), "ember").size > 0
