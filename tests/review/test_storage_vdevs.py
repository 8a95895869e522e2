"""Redundancy that is only on paper is found where it stands."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.review import storage_vdevs

RPOOL_VDEV = 'vdevs = [{ kind = "mirror", members = ["nvme-a.rpool", "nvme-b.rpool"] }]'
FIRST_RAIDZ2 = (
    '{ kind = "raidz2", members = ["hdd-1", "hdd-2", "hdd-3", "hdd-4", "hdd-5", "hdd-6", "hdd-7"] }'
)
SECOND_RAIDZ2 = (
    '{ kind = "raidz2", members = ["hdd-8", "hdd-9", "hdd-10", "hdd-11", "hdd-12", "hdd-13",'
    ' "hdd-14"] }'
)
SPECIAL = 'special = { kind = "mirror", members = ["nvme-a.special", "nvme-b.special"] }'
ARRAY = 'members = ["nvme-a.nix", "nvme-b.nix"]'
HDD_7 = (
    'hdd-7 = { kind = "hdd", path = "/dev/disk/by-id/ata-HDD_7", serial = "HDD_7",'
    ' size = "12000138625024B" }'
)


def inside(old: str, find: str, put: str) -> tuple[str, str]:
    """Replace a word within a longer text that stands only once."""
    assert find in old
    return old, old.replace(find, put)


CASES = (
    Case(
        storage_vdevs.enough_members,
        '["nvme-a.rpool"]',
        "mirror takes 2 members or more, here are 1",
        host=((RPOOL_VDEV, 'vdevs = [{ kind = "mirror", members = ["nvme-a.rpool"] }]'),),
    ),
    Case(
        storage_vdevs.enough_members,
        '["hdd-1", "hdd-2"]',
        "raidz2 takes 3 members or more, here are 2",
        host=((FIRST_RAIDZ2, '{ kind = "raidz2", members = ["hdd-1", "hdd-2"] }'),),
    ),
    Case(
        storage_vdevs.enough_members,
        '["nvme-a.nix"]',
        "RAID1 takes 2 members or more, here are 1",
        host=((ARRAY, 'members = ["nvme-a.nix"]'),),
    ),
    Case(
        storage_vdevs.enough_members,
        '"raidz1"',
        "a log vdev cannot be raidz",
        host=((SPECIAL, SPECIAL + '\nlog = { kind = "raidz1", members = ["hdd-1", "hdd-2"] }'),),
    ),
    Case(
        storage_vdevs.sound_width,
        '["hdd-1", "hdd-2", "hdd-3"]',
        "stores one disk's worth, like a mirror",
        host=((FIRST_RAIDZ2, '{ kind = "raidz2", members = ["hdd-1", "hdd-2", "hdd-3"] }'),),
    ),
    Case(
        storage_vdevs.legs_on_different_disks,
        '"nvme-a.special"',
        "nvme-a.special and nvme-a.rpool lie on one disk, nvme-a",
        host=((RPOOL_VDEV, RPOOL_VDEV.replace("nvme-b.rpool", "nvme-a.special")),),
    ),
    Case(
        storage_vdevs.legs_on_different_disks,
        '"nvme-a.special"',
        "lie on one disk, nvme-a",
        host=((ARRAY, ARRAY.replace("nvme-b.nix", "nvme-a.special")),),
    ),
    Case(
        storage_vdevs.equal_sizes,
        '"hdd-7"',
        "hdd-7 is smaller than the other members: 12.0 TB of them stay unused",
        host=(inside(HDD_7, "12000138625024B", "10000831348736B"),),
    ),
    Case(
        storage_vdevs.equal_sizes,
        '"nvme-a"',
        "nvme-a is too small to replace a disk of ember",
        host=((SPECIAL, SPECIAL + '\nspares = ["nvme-a"]'),),
    ),
    Case(
        storage_vdevs.alike_vdevs,
        '{ kind = "raidz1", members = ["hdd-1", "hdd-2", "hdd-3", "hdd-4", "hdd-5", "hdd-6",'
        ' "hdd-7"] }',
        "this vdev is raidz1 of 7, others of ember are raidz2 of 7",
        host=((FIRST_RAIDZ2, FIRST_RAIDZ2.replace("raidz2", "raidz1")),),
    ),
    Case(
        storage_vdevs.redundant,
        '"stripe"',
        "pool rpool is lost with any one of: nvme-a.rpool, nvme-b.rpool",
        host=((RPOOL_VDEV, RPOOL_VDEV.replace("mirror", "stripe")),),
    ),
    Case(storage_vdevs.redundant, "0", "array nix is lost", host=(("level = 1", "level = 0"),)),
    Case(
        storage_vdevs.sound_ashift,
        "13",
        "ashift 13 means sectors of 8192 bytes",
        host=(("[storage.pools.ember]\nashift = 12", "[storage.pools.ember]\nashift = 13"),),
    ),
    Case(
        storage_vdevs.sound_ashift,
        "9",
        "ashift 9 means sectors of 512 bytes",
        host=(("[storage.pools.rpool]\nashift = 12", "[storage.pools.rpool]\nashift = 9"),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_a_wide_raidz_is_told(committed: Draft) -> None:
    hdds = ", ".join(f'"hdd-{number}"' for number in range(1, 15))
    draft = committed.host(
        f"  {FIRST_RAIDZ2},\n  {SECOND_RAIDZ2},\n",
        f'  {{ kind = "raidz2", members = [{hdds}] }},\n',
    )
    finding = draft.finding(storage_vdevs.sound_width)
    assert finding.message == "raidz2 over 14 disks is wide"
    assert finding.fix == "make two vdevs of 7 and 7"
    assert draft.place(finding).marked == f"[{hdds}]"
