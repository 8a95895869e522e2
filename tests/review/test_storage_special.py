"""A special vdev that is too small, too weak or flooded is found where it stands."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.diagnostics import Severity
from sovereign.review import storage_special

SPECIAL = 'special = { kind = "mirror", members = ["nvme-a.special", "nvme-b.special"] }'
CODE = 'code = { mount = "/ember/code", recordsize = "128KiB", special_small_blocks = "16KiB" }'
APPS = 'apps = { mount = "/rpool/apps" }'
THIRD_NVME = (
    '[hardware.disks.nvme-c]\nkind = "nvme"\npath = "/dev/disk/by-id/nvme-C"\nserial = "C"\n'
    'size = "64GiB"\n'
)


CASES = (
    Case(
        storage_special.log_as_safe,
        '{ kind = "stripe", members = ["nvme-a.rpool"] }',
        "ember survives 2 disks, its log vdev none",
        host=((SPECIAL, SPECIAL + '\nlog = { kind = "stripe", members = ["nvme-a.rpool"] }'),),
    ),
    Case(
        storage_special.small_blocks_below_records,
        '"16KiB"',
        "every block of ember/code goes to the special vdev of 63.5 GiB",
        host=((CODE, CODE.replace("128KiB", "16KiB")),),
    ),
    Case(
        storage_special.small_blocks_below_records,
        '"64KiB"',
        "nearly every block of ember/code goes to the special vdev",
        host=((CODE, CODE.replace("16KiB", "64KiB")),),
    ),
    Case(
        storage_special.small_blocks_have_a_vdev,
        '"32KiB"',
        "rpool has no special vdev",
        host=((APPS, 'apps = { mount = "/rpool/apps", special_small_blocks = "32KiB" }'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_the_special_vdev_is_0_04_percent(committed: Draft) -> None:
    finding = committed.finding(storage_special.special_large_enough)
    assert finding.severity is Severity.WARNING
    assert finding.message == "the special vdev of ember is 0.04% of the pool"
    assert finding.fix == 'size = "256GiB": rpool keeps 1374 GiB'
    assert committed.place(finding).marked == '"64GiB"'
    assert committed.place(finding).line == '  { name = "special", type = "zfs", size = "64GiB" },'


def test_the_proposed_special_vdev_is_large_enough(committed: Draft) -> None:
    draft = committed.host('size = "64GiB"', 'size = "256GiB"')
    assert draft.findings(storage_special.special_large_enough) == ()


def test_a_special_vdev_that_has_no_room_is_not_said_to_leave_some(committed: Draft) -> None:
    draft = committed.host('type = "md", size = "200GiB"', 'type = "md", size = "1700GiB"')
    fix = draft.finding(storage_special.special_large_enough).fix
    assert fix == 'size = "256GiB", on a larger disk'


def test_special_small_blocks_must_not_match_the_recordsize(committed: Draft) -> None:
    draft = committed.host('recordsize = "128KiB"', 'recordsize = "16KiB"')
    finding = draft.finding(storage_special.small_blocks_below_records)
    assert finding.severity is Severity.WARNING
    assert finding.detail == "special_small_blocks 16KiB >= recordsize 16KiB"
    assert finding.fix == 'recordsize = "128KiB" with special_small_blocks = "16KiB"'
    assert draft.place(finding).line.startswith("code = {")


def test_inherited_values_count_and_are_found_where_they_are_written(committed: Draft) -> None:
    draft = committed.host(
        'recordsize = "1MiB" }\nvdevs', 'special_small_blocks = "128KiB" }\nvdevs'
    )
    inheriting = draft.host(CODE, 'code = { mount = "/ember/code" }')
    finding = inheriting.finding(storage_special.small_blocks_below_records)
    assert "ember/code" in finding.message
    assert inheriting.place(finding).line.startswith("properties = {")
    assert inheriting.place(finding).marked == '"128KiB"'


def test_uncompressed_blocks_are_as_large_as_their_records(committed: Draft) -> None:
    plain = CODE.replace("16KiB", "64KiB").replace(" }", ', compression = "off" }')
    draft = committed.host(CODE, plain)
    assert draft.findings(storage_special.small_blocks_below_records) == ()


def test_a_two_way_special_mirror_is_less_safe_than_raidz2(committed: Draft) -> None:
    finding = committed.finding(storage_special.special_as_safe)
    assert finding.severity is Severity.WARNING
    assert finding.message == "ember survives 2 disks, its special vdev only 1"
    assert finding.fix.startswith('kind = "mirror" with 3 members')
    assert committed.place(finding).line == SPECIAL


def test_a_three_way_special_mirror_is_as_safe(committed: Draft) -> None:
    third = committed.host("[boot]\n", THIRD_NVME + "[boot]\n").host(
        '["nvme-a.special", "nvme-b.special"]', '["nvme-a.special", "nvme-b.special", "nvme-c"]'
    )
    assert third.findings(storage_special.special_as_safe) == ()


def test_a_stripe_of_specials_is_told_as_well(committed: Draft) -> None:
    draft = committed.host(SPECIAL, SPECIAL.replace("mirror", "stripe"))
    finding = draft.finding(storage_special.special_as_safe)
    assert finding.message == "ember survives 2 disks, its special vdev only 0"


def test_small_blocks_spill_at_75_percent(committed: Draft) -> None:
    finding = committed.finding(storage_special.small_blocks_spill)
    assert finding.severity is Severity.NOTE
    assert "once the special vdev holds 47.6 GiB" in finding.message
    assert "code, models, media" in finding.message
