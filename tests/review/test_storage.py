"""Every mistake in the description of disks, vdevs, datasets and swap is found where it stands."""

from dataclasses import dataclass

import pytest

from review.conftest import Draft, all_rules
from sovereign.diagnostics import Severity
from sovereign.review import (
    storage,
    storage_claims,
    storage_mounts,
    storage_properties,
    storage_special,
    storage_swap,
    storage_vdevs,
)
from sovereign.review.rule import Rule
from sovereign.units import Size

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
SWAP = 'members = ["nvme-a.swap", "nvme-b.swap"]'
REST = '{ name = "rpool", type = "zfs", size = "rest" }'
CODE = 'code = { mount = "/ember/code", recordsize = "128KiB", special_small_blocks = "16KiB" }'
APPS = 'apps = { mount = "/rpool/apps" }'
EMBER_PROPERTIES = (
    'properties = { compression = "zstd-3", atime = "off", xattr = "sa", acltype = "posix",'
    ' recordsize = "1MiB" }'
)
HDD_7 = (
    'hdd-7 = { kind = "hdd", path = "/dev/disk/by-id/ata-HDD_7", serial = "HDD_7",'
    ' size = "12000138625024B" }'
)
HDD_14 = HDD_7.replace("7", "14").replace("140001386250", "120001386250")
NVME_B = (
    'nvme-b = { kind = "nvme", path = "/dev/disk/by-id/nvme-B", serial = "B",'
    ' size = "2000398934016B" }'
)


@dataclass(frozen=True)
class Case:
    """A mistake: the text that makes it, and the text and the words that the finding shows."""

    rule: Rule
    edits: tuple[tuple[str, str], ...]
    marked: str
    message: str


def mistake(rule: Rule, old: str, new: str, marked: str, message: str) -> Case:
    return Case(rule, ((old, new),), marked, message)


def inside(old: str, find: str, put: str) -> tuple[str, str]:
    """Replace a word within a longer text that stands only once."""
    assert find in old
    return old, old.replace(find, put)


CASES = (
    mistake(
        storage.partitions_fit,
        REST,
        REST.replace("rest", "1600GiB"),
        '"1600GiB"',
        "need 34.0 GiB more than nvme-a has",
    ),
    mistake(
        storage.partitions_fit,
        '{ name = "nix", type = "md", size = "200GiB" }',
        '{ name = "nix", type = "md", size = "1800GiB" }',
        '"1800GiB"',
        "more than nvme-a has",
    ),
    mistake(
        storage.one_rest,
        '{ name = "special", type = "zfs", size = "64GiB" }',
        '{ name = "special", type = "zfs", size = "rest" }',
        '"rest"',
        'partition "rpool" takes the rest, which "special" takes already',
    ),
    mistake(
        storage.used_once,
        SWAP,
        'members = ["nvme-a.nix", "nvme-b.swap"]',
        '"nvme-a.nix"',
        "used twice: for array nix and for swap",
    ),
    mistake(
        storage.used_once,
        '"hdd-7"]',
        '"hdd-6"]',
        '"hdd-6"',
        "hdd-6 is used twice: for pool ember and for pool ember",
    ),
    mistake(
        storage.used_once,
        '"hdd-7"]',
        '"nvme-a"]',
        '"nvme-a"',
        "used whole for pool ember and is cut into partitions",
    ),
    mistake(
        storage.right_type,
        RPOOL_VDEV,
        RPOOL_VDEV.replace("nvme-b.rpool", "nvme-b.swap"),
        '"nvme-b.swap"',
        'nvme-b.swap is a partition of type "swap" and is used for pool rpool',
    ),
    mistake(
        storage.right_type,
        '{ partition = "nvme-b.esp", mount = "/boot-b" }',
        '{ partition = "nvme-b.nix", mount = "/boot-b" }',
        '"nvme-b.nix"',
        'of type "md" and is used for ESP /boot-b',
    ),
    mistake(
        storage.esp_outside_md,
        ARRAY,
        ARRAY.replace("nvme-b.nix", "nvme-b.esp"),
        '"nvme-b.esp"',
        "nvme-b.esp is an ESP and a member of array nix",
    ),
    mistake(
        storage.all_used,
        REST,
        REST + ',\n  { name = "spare", type = "zfs", size = "1GiB" }',
        '"spare"',
        "nothing uses partition nvme-a.spare",
    ),
    mistake(
        storage.all_used,
        "[boot]\n",
        "[hardware.disks.idle]\n"
        'kind = "hdd"\npath = "/dev/disk/by-id/ata-X1"\nserial = "X1"\nsize = "1TB"\n[boot]\n',
        "[hardware.disks.idle]",
        "nothing uses disk idle",
    ),
    mistake(
        storage.stable_path,
        '"/dev/disk/by-id/ata-HDD_14"',
        '"/dev/sdn"',
        '"/dev/sdn"',
        "/dev/sdn may name another drive after the next start",
    ),
    mistake(
        storage.stable_path,
        '"/dev/disk/by-id/ata-HDD_14"',
        '"/dev/disk/by-id/ata-HDD_14-part1"',
        '"/dev/disk/by-id/ata-HDD_14-part1"',
        "is a partition, no disk",
    ),
    mistake(
        storage.path_names_serial,
        '"/dev/disk/by-id/ata-HDD_7"',
        '"/dev/disk/by-id/ata-HDD_71"',
        '"HDD_7"',
        "does not contain its serial number HDD_7",
    ),
    mistake(
        storage.disks_differ,
        'serial = "HDD_7"',
        'serial = "HDD_6"',
        '"HDD_6"',
        "hdd-7 and hdd-6 have the same serial: HDD_6",
    ),
    mistake(
        storage.disks_differ,
        '"/dev/disk/by-id/ata-HDD_7"',
        '"/dev/disk/by-id/ata-HDD_6"',
        '"/dev/disk/by-id/ata-HDD_6"',
        "hdd-7 and hdd-6 have the same path",
    ),
    mistake(
        storage_vdevs.enough_members,
        RPOOL_VDEV,
        'vdevs = [{ kind = "mirror", members = ["nvme-a.rpool"] }]',
        '["nvme-a.rpool"]',
        "mirror takes 2 members or more, here are 1",
    ),
    mistake(
        storage_vdevs.enough_members,
        FIRST_RAIDZ2,
        '{ kind = "raidz2", members = ["hdd-1", "hdd-2"] }',
        '["hdd-1", "hdd-2"]',
        "raidz2 takes 3 members or more, here are 2",
    ),
    mistake(
        storage_vdevs.enough_members,
        ARRAY,
        'members = ["nvme-a.nix"]',
        '["nvme-a.nix"]',
        "RAID1 takes 2 members or more, here are 1",
    ),
    mistake(
        storage_vdevs.enough_members,
        RPOOL_VDEV,
        "vdevs = []",
        "[]",
        "pool rpool has no vdev",
    ),
    mistake(
        storage_vdevs.enough_members,
        SPECIAL,
        SPECIAL + '\nlog = { kind = "raidz1", members = ["hdd-1", "hdd-2"] }',
        '"raidz1"',
        "a log vdev cannot be raidz",
    ),
    mistake(
        storage_vdevs.sound_width,
        FIRST_RAIDZ2,
        '{ kind = "raidz2", members = ["hdd-1", "hdd-2", "hdd-3"] }',
        '["hdd-1", "hdd-2", "hdd-3"]',
        "stores one disk's worth, like a mirror",
    ),
    mistake(
        storage_vdevs.legs_on_different_disks,
        RPOOL_VDEV,
        RPOOL_VDEV.replace("nvme-b.rpool", "nvme-a.special"),
        '"nvme-a.special"',
        "nvme-a.special and nvme-a.rpool lie on one disk, nvme-a",
    ),
    mistake(
        storage_vdevs.legs_on_different_disks,
        ARRAY,
        ARRAY.replace("nvme-b.nix", "nvme-a.special"),
        '"nvme-a.special"',
        "lie on one disk, nvme-a",
    ),
    Case(
        storage_vdevs.equal_sizes,
        (inside(HDD_7, "12000138625024B", "10000831348736B"),),
        '"hdd-7"',
        "hdd-7 is smaller than the other members: 12.0 TB of them stay unused",
    ),
    Case(
        storage_vdevs.equal_sizes,
        ((SPECIAL, SPECIAL + '\nspares = ["nvme-a"]'),),
        '"nvme-a"',
        "nvme-a is too small to replace a disk of ember",
    ),
    mistake(
        storage_vdevs.alike_vdevs,
        FIRST_RAIDZ2,
        FIRST_RAIDZ2.replace("raidz2", "raidz1"),
        '{ kind = "raidz1", members = ["hdd-1", "hdd-2", "hdd-3", "hdd-4", "hdd-5", "hdd-6",'
        ' "hdd-7"] }',
        "this vdev is raidz1 of 7, others of ember are raidz2 of 7",
    ),
    mistake(
        storage_vdevs.redundant,
        RPOOL_VDEV,
        RPOOL_VDEV.replace("mirror", "stripe"),
        '"stripe"',
        "pool rpool is lost with any one of: nvme-a.rpool, nvme-b.rpool",
    ),
    mistake(storage_vdevs.redundant, "level = 1", "level = 0", "0", "array nix is lost"),
    mistake(
        storage_vdevs.sound_ashift,
        "[storage.pools.ember]\nashift = 12",
        "[storage.pools.ember]\nashift = 13",
        "13",
        "ashift 13 means sectors of 8192 bytes",
    ),
    mistake(
        storage_vdevs.sound_ashift,
        "[storage.pools.rpool]\nashift = 12",
        "[storage.pools.rpool]\nashift = 9",
        "9",
        "ashift 9 means sectors of 512 bytes",
    ),
    mistake(
        storage_special.log_as_safe,
        SPECIAL,
        SPECIAL + '\nlog = { kind = "stripe", members = ["nvme-a.rpool"] }',
        '{ kind = "stripe", members = ["nvme-a.rpool"] }',
        "ember survives 2 disks, its log vdev none",
    ),
    mistake(
        storage_special.small_blocks_below_records,
        CODE,
        CODE.replace("128KiB", "16KiB"),
        '"16KiB"',
        "every block of ember/code goes to the special vdev of 63.5 GiB",
    ),
    mistake(
        storage_special.small_blocks_below_records,
        CODE,
        CODE.replace("16KiB", "64KiB"),
        '"64KiB"',
        "nearly every block of ember/code goes to the special vdev",
    ),
    mistake(
        storage_special.small_blocks_have_a_vdev,
        APPS,
        'apps = { mount = "/rpool/apps", special_small_blocks = "32KiB" }',
        '"32KiB"',
        "rpool has no special vdev",
    ),
    mistake(
        storage_properties.accepted_values,
        'recordsize = "128KiB"',
        'recordsize = "100KiB"',
        '"100KiB"',
        "recordsize 100KiB is no power of two",
    ),
    mistake(
        storage_properties.accepted_values,
        'recordsize = "128KiB"',
        'recordsize = "32MiB"',
        '"32MiB"',
        "recordsize 32MiB is no power of two from 512B to 16MiB",
    ),
    mistake(
        storage_properties.accepted_values,
        'special_small_blocks = "16KiB"',
        'special_small_blocks = "17MiB"',
        '"17MiB"',
        "zfs_unstable takes up to 16MiB",
    ),
    Case(
        storage_properties.accepted_values,
        (
            ('special_small_blocks = "16KiB"', 'special_small_blocks = "24KiB"'),
            ('zfs = "zfs_unstable"', 'zfs = "zfs_2_3"'),
        ),
        '"24KiB"',
        "zfs_2_3 takes up to 1MiB and a power of two",
    ),
    Case(
        storage_properties.accepted_values,
        (inside(EMBER_PROPERTIES, "zstd-3", "zstd-25"),),
        '"zstd-25"',
        "ZFS has no compression zstd-25",
    ),
    mistake(
        storage_properties.sensible_values,
        APPS,
        'apps = { mount = "/rpool/apps", sync = "disabled" }',
        '"disabled"',
        "synchronous writes may be lost",
    ),
    Case(
        storage_properties.sensible_values,
        (inside(EMBER_PROPERTIES, 'atime = "off"', 'atime = "on"'),),
        '"on"',
        "every read is followed by a write",
    ),
    Case(
        storage_properties.sensible_values,
        (inside(EMBER_PROPERTIES, 'xattr = "sa"', 'xattr = "on"'),),
        '"on"',
        "POSIX ACLs are stored in hidden folders",
    ),
    mistake(
        storage_properties.sensible_values,
        APPS,
        'apps = { mount = "/rpool/apps", primarycache = "none" }',
        '"none"',
        "nothing is cached",
    ),
    mistake(
        storage_properties.reservations_fit,
        CODE,
        CODE.replace(" }", ', reservation = "120TB" }'),
        '"120TB"',
        "120.0 TB are reserved, ember holds 111.7 TB",
    ),
    mistake(
        storage_properties.single_copies,
        APPS,
        'apps = { mount = "/rpool/apps", copies = 2 }',
        "2",
        "every block takes 2 times its space",
    ),
    mistake(
        storage_properties.compressed,
        APPS,
        'apps = { mount = "/rpool/apps", compression = "off" }',
        '"off"',
        "rpool/apps is not compressed",
    ),
    mistake(
        storage_mounts.one_at_a_place,
        'mount = "/ember/nix"',
        'mount = "/nix"',
        '"/nix"',
        "dataset ember/nix and array nix are both mounted at /nix",
    ),
    mistake(
        storage_mounts.one_at_a_place,
        'mount = "/boot-b"',
        'mount = "/boot"',
        '"/boot"',
        "ESP nvme-b.esp and ESP nvme-a.esp are both mounted at /boot",
    ),
    mistake(
        storage_mounts.one_at_a_place,
        'mount = "/rpool/apps"',
        'mount = "/"',
        '"/"',
        "dataset rpool/apps and the root in memory are both mounted at /",
    ),
    mistake(
        storage_mounts.hides_nothing,
        'mount = "/ember/nix"',
        'mount = "/nix/store"',
        '"/nix/store"',
        "dataset ember/nix at /nix/store hides /nix/store",
    ),
    mistake(
        storage_mounts.hides_nothing,
        'mount = "/rpool/apps"',
        'mount = "/boot/apps"',
        '"/boot/apps"',
        "dataset rpool/apps at /boot/apps hides /boot",
    ),
    mistake(
        storage_mounts.hides_nothing,
        'mount = "/rpool/apps"',
        'mount = "/etc"',
        '"/etc"',
        "dataset rpool/apps at /etc hides /etc",
    ),
    mistake(
        storage_mounts.inside_its_pool,
        'mount = "/rpool/apps"',
        'mount = "/ember/apps"',
        '"/ember/apps"',
        "dataset rpool/apps is mounted in the tree of pool ember",
    ),
    mistake(
        storage_swap.enough_swap,
        '{ name = "swap", type = "swap", size = "32GiB" }',
        '{ name = "swap", type = "swap", size = "1GiB" }',
        SWAP.removeprefix("members = "),
        "2.0 GiB of swap for 128.0 GiB of memory",
    ),
    mistake(
        storage_swap.swap_on_all,
        SWAP,
        'members = ["nvme-a.swap"]',
        '["nvme-a.swap"]',
        "swap uses nvme-a.swap and not nvme-b.swap",
    ),
    mistake(
        storage_swap.encrypted_swap,
        'encryption = "random"',
        'encryption = "none"',
        '"none"',
        "in clear text",
    ),
    mistake(
        storage_claims.holds_what_is_counted_on,
        'usable = "111TB"',
        'usable = "120TB"',
        '"120TB"',
        "ember holds 111.7 TB (101.6 TiB), not 120.0 TB (109.1 TiB)",
    ),
    mistake(
        storage_claims.rebuilt_in_time,
        'rebuild = "60h"',
        'rebuild = "10h"',
        '"10h"',
        "one disk of ember takes 13 hours at best, not 10",
    ),
    mistake(
        storage_claims.rebuilt_in_time_under_load,
        'rebuild = "60h"',
        'rebuild = "24h"',
        '"24h"',
        "one disk of ember takes 53 hours at 50 MB/s, not 24",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule.code}-{case.marked[:20]}")
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    draft = committed
    for old, new in case.edits:
        draft = draft.host(old, new)
    finding = draft.finding(case.rule)
    assert draft.place(finding).marked == case.marked
    assert case.message in finding.message
    assert finding.source.startswith("https://")


ACKNOWLEDGED = {"STO020", "STO022", "STO025"}


@pytest.mark.parametrize(
    "rule",
    [rule for rule in all_rules() if rule.code.startswith("STO") and rule.code not in ACKNOWLEDGED],
    ids=lambda rule: rule.code,
)
def test_cloudlab_is_sound(committed: Draft, rule: Rule) -> None:
    assert committed.findings(rule) == ()


def test_every_rule_of_storage_is_tested() -> None:
    tested = {case.rule.code for case in CASES} | ACKNOWLEDGED | {"STO034", "STO035"}
    assert tested == {rule.code for rule in all_rules() if rule.code.startswith("STO")}


# The documents' numbers


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


THIRD_NVME = (
    '[hardware.disks.nvme-c]\nkind = "nvme"\npath = "/dev/disk/by-id/nvme-C"\nserial = "C"\n'
    'size = "64GiB"\n'
)


def test_a_stripe_of_specials_is_told_as_well(committed: Draft) -> None:
    draft = committed.host(SPECIAL, SPECIAL.replace("mirror", "stripe"))
    finding = draft.finding(storage_special.special_as_safe)
    assert finding.message == "ember survives 2 disks, its special vdev only 0"


def test_small_blocks_spill_at_75_percent(committed: Draft) -> None:
    finding = committed.finding(storage_special.small_blocks_spill)
    assert finding.severity is Severity.NOTE
    assert "once the special vdev holds 47.6 GiB" in finding.message
    assert "code, models, media" in finding.message


def test_120_tb_are_not_there(committed: Draft) -> None:
    draft = committed.host('usable = "111TB"', 'usable = "120TB"')
    finding = draft.finding(storage_claims.holds_what_is_counted_on)
    assert finding.severity is Severity.WARNING
    assert "raw 168.0 TB" in finding.detail
    assert "119.5 TB as 1MiB records" in finding.detail
    assert "80 to 90 %: 89.4 TB to 100.6 TB" in finding.detail
    assert finding.fix == 'usable = "111TB"'


def test_a_rebuild_is_a_range(committed: Draft) -> None:
    finding = committed.host('rebuild = "60h"', 'rebuild = "24h"').finding(
        storage_claims.rebuilt_in_time_under_load
    )
    assert finding.detail == (
        "at 80 % full: 53 h at 50 MB/s, 27 h at 100 MB/s, 18 h at 150 MB/s, 13 h at 200 MB/s"
    )


def test_the_documents_55_to_60_hours_are_possible(committed: Draft) -> None:
    for hours in ("55h", "60h"):
        draft = committed.host('rebuild = "60h"', f'rebuild = "{hours}"')
        assert draft.findings(storage_claims.rebuilt_in_time) == ()
        assert draft.findings(storage_claims.rebuilt_in_time_under_load) == ()


# Cases that one replaced piece of text cannot make


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("mirror-a", storage_properties.free_pool_name),
        ("log", storage_properties.free_pool_name),
        ("spare", storage_properties.free_pool_name),
        ("zpool", storage_properties.pool_is_no_command),
    ],
)
def test_a_pool_has_a_name_of_its_own(committed: Draft, name: str, rule: Rule) -> None:
    text = f"[storage.pools.{name}]\nvdevs = []\n"
    draft = committed.add_to_host(text)
    assert draft.marked(rule) == f"[storage.pools.{name}]"


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


def test_a_pool_that_is_not_mounted_leaves_its_tree_in_memory(committed: Draft) -> None:
    draft = committed.host('mount = "/ember"\n', "")
    findings = draft.findings(storage_mounts.inside_its_pool)
    assert [draft.place(finding).marked for finding in findings] == [
        '"/ember/code"',
        '"/ember/models"',
        '"/ember/media"',
        '"/ember/nix"',
    ]
    assert findings[0].fix == 'mount = "/ember" for the pool'


def test_a_world_wide_name_carries_no_serial_number(committed: Draft) -> None:
    draft = committed.host("ata-HDD_14", "wwn-0x5000c500a1b2c3d4")
    assert draft.findings(storage.path_names_serial) == ()


def test_no_swap_at_all_is_small(committed: Draft) -> None:
    start = committed.texts["hosts/cloudlab/host.toml"].index("[storage.swap]")
    end = committed.texts["hosts/cloudlab/host.toml"].index("# The server's own pool")
    text = committed.texts["hosts/cloudlab/host.toml"][start:end]
    draft = committed.host(text, "")
    assert draft.finding(storage_swap.enough_swap).message.startswith("0 B of swap")


@pytest.mark.parametrize(
    ("memory", "swap"),
    [("1GiB", "2GiB"), ("2GiB", "4GiB"), ("4GiB", "4GiB"), ("8GiB", "8GiB"), ("64GiB", "4GiB")],
)
def test_swap_follows_red_hats_table(memory: str, swap: str) -> None:
    assert storage_swap.recommended_swap(Size.parse(memory)) == Size.parse(swap)


def test_a_partition_of_two_like_disks_is_told_once(committed: Draft) -> None:
    draft = committed.host(REST, REST + ',\n  { name = "more", type = "zfs", size = "1GiB" }')
    assert len(draft.findings(storage.all_used)) == 1
