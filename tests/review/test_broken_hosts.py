"""Plausible mistakes of hosts of many kinds: each is found, by one rule, in its place."""

import pytest

from sovereign.review import (
    access,
    boot_root,
    database_settings,
    database_zones,
    fleet,
    hardware_platform,
    identity,
    interfaces,
    repeated,
    sizes,
    storage,
    storage_partitions,
    storage_properties,
    storage_vdevs,
)

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

SYSTEM = '[system]\nstate_version = "26.05"'
SPECIAL_PARTITION = '{ name = "special", type = "zfs", size = "64GiB" }'
NIX_MEMBERS = '["nvme-a.nix", "nvme-b.nix"]'
LOG = '  "/var/log",\n'
BUILDS = 'builds = { mount = "/rpool/builds" }'
SETTINGS = "[database.settings]"
VPN_RULE = 'address = "10.0.0.0/24"\nmethod = "scram-sha-256"'
RECEIVE = 'receive_buffer = "128MiB"'
RECEIVES = "receive_buffer"


def keep(path: str) -> tuple[tuple[str, str]]:
    """One more folder that shall outlive a boot."""
    return ((LOG, f'{LOG}  "{path}",\n'),)


def setting(line: str) -> tuple[tuple[str, str]]:
    return ((SETTINGS, f"{SETTINGS}\n{line}"),)


def nothing(old: str, new: str, says: str) -> Case:
    return Case(sizes.nothing, f'"{new}"', says, ((old, f'{old.rpartition(" = ")[0]} = "{new}"'),))


FOUND = [
    # Sizes
    nothing('memory = "128GiB"', "0B", "the memory is 0"),
    nothing('image_size = "165MiB"', "0B", "the image of a generation is 0"),
    nothing('[boot.root]\nsize = "2GiB"', "0B", "the root in memory is 0"),
    nothing('rate = "1Gbit/s"', "0bit/s", 'the rate of "uplink" is 0'),
    nothing('memory = "8GB"', "0B", 'the memory of "p4" is 0'),
    Case(
        sizes.nothing,
        '"0B"',
        'the disk "hdd-1" is 0',
        (('"HDD_1", size = "12000138625024B"', '"HDD_1", size = "0B"'),),
    ),
    Case(
        sizes.nothing,
        '"0B"',
        'the partition "special" is 0',
        ((SPECIAL_PARTITION, SPECIAL_PARTITION.replace("64GiB", "0B")),),
    ),
    Case(
        interfaces.buffer_the_kernel_takes,
        '"4GiB"',
        "4294967296 is more than 2147483647",
        ((RECEIVE, 'receive_buffer = "4GiB"'),),
    ),
    Case(
        interfaces.buffer_the_kernel_takes,
        '"1KiB"',
        "1024 is less than 4608",
        ((RECEIVE, 'receive_buffer = "1KiB"'),),
    ),
    # Storage
    Case(
        storage_partitions.label_fits,
        '"special-of-the-pool"',
        "disk-the-first-nvme-of-two-special-of-the-pool has 46 characters",
        (
            ("nvme-a = {", "the-first-nvme-of-two = {"),
            ('disks = ["nvme-a", "nvme-b"]', 'disks = ["the-first-nvme-of-two", "nvme-b"]'),
            (SPECIAL_PARTITION, SPECIAL_PARTITION.replace('"special"', '"special-of-the-pool"')),
            ('"nvme-a.esp"', '"the-first-nvme-of-two.esp"'),
            (NIX_MEMBERS, '["the-first-nvme-of-two.nix", "nvme-b.nix"]'),
            ('["nvme-a.swap"', '["the-first-nvme-of-two.swap"'),
            ('["nvme-a.rpool"', '["the-first-nvme-of-two.rpool"'),
            (
                '["nvme-a.special", "nvme-b.special"]',
                '["the-first-nvme-of-two.special-of-the-pool", "nvme-b.special-of-the-pool"]',
            ),
        ),
    ),
    Case(
        storage_properties.reservations_fit,
        '"20GiB"',
        "20.0 GiB are reserved, the quota is 10.0 GiB",
        ((BUILDS, BUILDS.replace(" }", ', quota = "10GiB", reservation = "20GiB" }')),),
    ),
    Case(
        storage_vdevs.equal_sizes,
        '"nvme-a.special"',
        "nvme-a.special is smaller than the other members",
        (
            (NIX_MEMBERS, '["nvme-a.special", "nvme-b.nix"]'),
            (
                '"nvme-a.special", "nvme-b.special"',
                '"nvme-b.special"',
            ),
        ),
    ),
    Case(boot_root.binds_over, '"/"', "/ is the root itself", keep("/")),
    Case(boot_root.binds_over, '"/nix"', "an array is mounted at /nix", keep("/nix")),
    Case(
        boot_root.binds_over,
        '"/var/lib/postgresql"',
        "rpool/databases/postgresql is mounted at /var/lib/postgresql",
        keep("/var/lib/postgresql"),
    ),
    Case(boot_root.kept_already, '"/persist/x"', "lies on /persist", keep("/persist/x")),
    # Names and numbers that were copied
    Case(
        identity.state_of_the_future,
        '"26.11"',
        "26.11 is newer than the fleet's release, 26.05",
        ((SYSTEM, SYSTEM.replace("26.05", "26.11")),),
    ),
    Case(
        hardware_platform.cpu_runs_platform,
        '"aarch64-linux"',
        "Intel Xeon E5-2690 v4 runs x86_64-linux",
        ((SYSTEM, f'{SYSTEM}\nplatform = "aarch64-linux"'),),
    ),
    Case(
        hardware_platform.cpu_runs_platform,
        '"Ampere Altra Q80-30"',
        "Ampere Altra Q80-30 runs aarch64-linux",
        (('"Intel Xeon E5-2690 v4"', '"Ampere Altra Q80-30"'),),
    ),
    Case(
        access.shared_secret,
        '"/persist/secrets/wireguard/vpn.key"',
        "/persist/secrets/wireguard/vpn.key is the secret of network.tunnels.vpn.private_key too",
        (('"/persist/secrets/wireguard/home.key"', '"/persist/secrets/wireguard/vpn.key"'),),
    ),
    Case(
        repeated.twice_on_host,
        '"colter"',
        "colter stands twice in access.operators",
        (('operators = ["colter"]', 'operators = ["colter", "colter"]'),),
    ),
    Case(
        repeated.twice_on_host,
        '"vpn"',
        "vpn stands twice in samba.zones",
        (('zones = ["vpn", "data"]', 'zones = ["vpn", "data", "vpn"]'),),
    ),
    Case(
        repeated.twice_on_host,
        '"minnesota"',
        "minnesota stands twice in network.tunnels.vpn.peers",
        (('peers = ["minnesota"]', 'peers = ["minnesota", "minnesota"]'),),
    ),
    Case(
        repeated.twice_on_host,
        '"/var/log"',
        "/var/log stands twice in boot.persist.directories",
        keep("/var/log"),
    ),
    Case(
        repeated.twice_in_fleet,
        '"https"',
        "https stands twice in policy.vpn.ai",
        fleet=(
            (
                'data = ["postgresql"]\nai = ["https"]',
                'data = ["postgresql"]\nai = ["https", "https"]',
            ),
        ),
    ),
    Case(
        fleet.vlan_without_prefix,
        '{ vlan = 30, description = "Workloads with access to the GPU" }',
        'zone "ai" is VLAN 30 and has no prefix',
        fleet=(('vlan = 30, prefix = "10.30.0.0/24"', "vlan = 30"),),
    ),
    # Database
    Case(
        database_zones.zone_without_rule,
        '"vpn"',
        'no access rule lets anybody of zone "vpn" in',
        ((VPN_RULE, VPN_RULE.replace("10.0.0.0/24", "10.20.0.9/32")),),
    ),
    Case(
        database_settings.refused_setting,
        '"minimal"',
        "PostgreSQL does not start with wal_level minimal",
        setting('wal_level = "minimal"'),
    ),
    Case(
        database_settings.refused_setting,
        '"4TiB"',
        "work_mem goes from 64KiB to",
        setting('work_mem = "4TiB"'),
    ),
    Case(
        database_settings.refused_setting,
        '"16MiB"',
        "max_wal_size goes from 32MiB to",
        setting('max_wal_size = "16MiB"'),
    ),
    Case(
        database_settings.refused_setting,
        '"30d"',
        "statement_timeout goes up to 2147483s",
        setting('statement_timeout = "30d"'),
    ),
]

SOUND = [
    Sound(boot_root.binds_over, "a folder around a mount", keep("/var/lib")),
    Sound(interfaces.buffer_the_kernel_takes, "2 GiB less a byte", ((RECEIVE, f'{RECEIVES} = "2147483647B"'),)),
    Sound(database_settings.refused_setting, "the smallest", setting('work_mem = "64KiB"')),
    Sound(database_settings.refused_setting, "replica", setting('wal_level = "replica"')),
    Sound(
        storage_properties.reservations_fit,
        "a quota of 0 is none",
        ((BUILDS, BUILDS.replace(" }", ', quota = "0B", reservation = "20GiB" }')),),
    ),
    Sound(
        database_zones.zone_without_rule,
        "a rule for all addresses",
        ((VPN_RULE, VPN_RULE.replace("10.0.0.0/24", "0.0.0.0/0")),),
    ),
    Sound(
        identity.state_of_the_future,
        "installed with an older release",
        ((SYSTEM, SYSTEM.replace("26.05", "24.11")),),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_a_plausible_mistake_is_found(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_what_is_meant_is_left_alone(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_nothing_silly_is_said_of_a_host_without_memory(committed: Draft) -> None:
    draft = committed.host('memory = "128GiB"', 'memory = "0B"')
    before = {one.code for one in committed.findings()}
    assert {one.code for one in draft.findings()} - before == {"SIZ001"}


def test_memory_that_is_promised_twice_is_told_once(committed: Draft) -> None:
    draft = committed.host('shared_buffers = "8GiB"', 'shared_buffers = "90GiB"')
    told = {
        one.code for one in draft.findings() if "GiB" in one.message and "may take" in one.message
    }
    assert told | {one.code for one in draft.findings() if one.code == "HW011"} == {"DB013"}


def test_a_forgotten_mount_of_persist_is_told_once(committed: Draft) -> None:
    draft = committed.host('persist = { mount = "/persist" }', "persist = {}")
    before = {one.code for one in committed.findings()}
    assert {one.code for one in draft.findings()} - before == {"BOOT050"}


def test_a_disk_that_a_host_describes_twice_is_told_once(committed: Draft) -> None:
    draft = committed.host('serial = "HDD_2"', 'serial = "HDD_1"')
    told = [one.code for one in draft.findings() if "HDD_1" in one.message]
    assert told == ["STO008", "STO009"]


def test_partitions_that_do_not_fit_beside_a_rest_are_not_told_to_take_it(committed: Draft) -> None:
    draft = committed.host('type = "md", size = "200GiB"', 'type = "md", size = "1800GiB"')
    assert "rest" not in draft.finding(storage.partitions_fit).fix


def test_a_disk_of_nothing_has_no_negative_partitions(committed: Draft) -> None:
    draft = committed.host('serial = "A", size = "2000398934016B"', 'serial = "A", size = "0B"')
    texts = [f"{one.message} {one.detail}" for one in draft.findings()]
    assert not [text for text in texts if " -" in text]
