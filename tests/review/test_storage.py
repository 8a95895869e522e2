"""Disks and partitions: what does not fit or is used wrongly is found where it stands."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.diagnostics import Severity
from sovereign.review import storage

RPOOL_VDEV = 'vdevs = [{ kind = "mirror", members = ["nvme-a.rpool", "nvme-b.rpool"] }]'
ARRAY = 'members = ["nvme-a.nix", "nvme-b.nix"]'
SWAP = 'members = ["nvme-a.swap", "nvme-b.swap"]'
REST = '{ name = "rpool", type = "zfs", size = "rest" }'


CASES = (
    Case(
        storage.partitions_fit,
        '"1600GiB"',
        "need 34.0 GiB more than nvme-a has",
        host=((REST, REST.replace("rest", "1600GiB")),),
    ),
    Case(
        storage.partitions_fit,
        '"1800GiB"',
        "more than nvme-a has",
        host=(
            (
                '{ name = "nix", type = "md", size = "200GiB" }',
                '{ name = "nix", type = "md", size = "1800GiB" }',
            ),
        ),
    ),
    Case(
        storage.one_rest,
        '"rest"',
        'partition "rpool" takes the rest, which "special" takes already',
        host=(
            (
                '{ name = "special", type = "zfs", size = "64GiB" }',
                '{ name = "special", type = "zfs", size = "rest" }',
            ),
        ),
    ),
    Case(
        storage.used_once,
        '"nvme-a.nix"',
        "used twice: for array nix and for swap",
        host=((SWAP, 'members = ["nvme-a.nix", "nvme-b.swap"]'),),
    ),
    Case(
        storage.used_once,
        '"hdd-6"',
        "hdd-6 is used twice: for pool ember and for pool ember",
        host=(('"hdd-7"]', '"hdd-6"]'),),
    ),
    Case(
        storage.used_once,
        '"nvme-a"',
        "used whole for pool ember and is cut into partitions",
        host=(('"hdd-7"]', '"nvme-a"]'),),
    ),
    Case(
        storage.right_type,
        '"nvme-b.swap"',
        'nvme-b.swap is a partition of type "swap" and is used for pool rpool',
        host=((RPOOL_VDEV, RPOOL_VDEV.replace("nvme-b.rpool", "nvme-b.swap")),),
    ),
    Case(
        storage.right_type,
        '"nvme-b.nix"',
        'of type "md" and is used for ESP /boot-b',
        host=(
            (
                '{ partition = "nvme-b.esp", mount = "/boot-b" }',
                '{ partition = "nvme-b.nix", mount = "/boot-b" }',
            ),
        ),
    ),
    Case(
        storage.esp_outside_md,
        '"nvme-b.esp"',
        "nvme-b.esp is an ESP and a member of array nix",
        host=((ARRAY, ARRAY.replace("nvme-b.nix", "nvme-b.esp")),),
    ),
    Case(
        storage.all_used,
        '"spare"',
        "nothing uses partition nvme-a.spare",
        host=((REST, REST + ',\n  { name = "spare", type = "zfs", size = "1GiB" }'),),
    ),
    Case(
        storage.all_used,
        "[hardware.disks.idle]",
        "nothing uses disk idle",
        host=(
            (
                "[boot]\n",
                "[hardware.disks.idle]\n"
                'kind = "hdd"\npath = "/dev/disk/by-id/ata-X1"\nserial = "X1"\nsize = "1TB"\n[boot]\n',
            ),
        ),
    ),
    Case(
        storage.stable_path,
        '"/dev/sdn"',
        "/dev/sdn may name another drive after the next start",
        host=(('"/dev/disk/by-id/ata-HDD_14"', '"/dev/sdn"'),),
    ),
    Case(
        storage.stable_path,
        '"/dev/disk/by-id/ata-HDD_14-part1"',
        "is a partition, no disk",
        host=(('"/dev/disk/by-id/ata-HDD_14"', '"/dev/disk/by-id/ata-HDD_14-part1"'),),
    ),
    Case(
        storage.path_names_serial,
        '"HDD_7"',
        "does not contain its serial number HDD_7",
        host=(('"/dev/disk/by-id/ata-HDD_7"', '"/dev/disk/by-id/ata-HDD_71"'),),
    ),
    Case(
        storage.disks_differ,
        '"HDD_6"',
        "hdd-7 and hdd-6 have the same serial: HDD_6",
        host=(('serial = "HDD_7"', 'serial = "HDD_6"'),),
    ),
    Case(
        storage.disks_differ,
        '"/dev/disk/by-id/ata-HDD_6"',
        "hdd-7 and hdd-6 have the same path",
        host=(('"/dev/disk/by-id/ata-HDD_7"', '"/dev/disk/by-id/ata-HDD_6"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_the_documents_partitions_are_33_5_gib_too_large(committed: Draft) -> None:
    draft = committed.host('type = "esp", size = "1GiB"', 'type = "esp", size = "512MiB"').host(
        'size = "rest"', 'size = "1600GiB"'
    )
    finding = draft.finding(storage.partitions_fit)
    assert finding.severity is Severity.ERROR
    assert finding.message == "the partitions need 33.5 GiB more than nvme-a has"
    assert finding.detail == (
        "0.5 GiB + 32.0 GiB + 200.0 GiB + 64.0 GiB + 1600.0 GiB = 1896.5 GiB"
        " on 2000398934016 B = 1863.0 GiB; too small: nvme-a, nvme-b"
    )
    place = draft.place(finding)
    assert place.line == '  { name = "rpool", type = "zfs", size = "1600GiB" },'


def test_the_rest_is_all_that_fits(committed: Draft) -> None:
    fits = committed.host('size = "rest"', 'size = "1565GiB"')
    assert fits.findings(storage.partitions_fit) == ()
    over = committed.host('size = "rest"', 'size = "1567GiB"')
    assert over.marked(storage.partitions_fit) == '"1567GiB"'


def test_a_world_wide_name_carries_no_serial_number(committed: Draft) -> None:
    draft = committed.host("ata-HDD_14", "wwn-0x5000c500a1b2c3d4")
    assert draft.findings(storage.path_names_serial) == ()


def test_a_partition_of_two_like_disks_is_told_once(committed: Draft) -> None:
    draft = committed.host(REST, REST + ',\n  { name = "more", type = "zfs", size = "1GiB" }')
    assert len(draft.findings(storage.all_used)) == 1
