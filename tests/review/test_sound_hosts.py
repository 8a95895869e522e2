"""Sound hosts of many kinds: the review tells what an owner would want to know, and no more."""

from pathlib import Path

import pytest

from .conftest import Draft
from .parts import Parts, mixed_fleet

ONE_DISK = """
[[storage.layouts]]
disks = ["a"]
partitions = [
  { name = "esp", type = "esp", size = "1GiB" },
  { name = "swap", type = "swap", size = "8GiB" },
  { name = "tank", type = "zfs", size = "rest" },
]
[storage.swap]
members = ["a.swap"]
[storage.pools.tank]
vdevs = [{ kind = "stripe", members = ["a.tank"] }]
[storage.pools.tank.datasets]
nix = { mount = "/nix" }
persist = { mount = "/persist" }
"""
WITHOUT_ZFS = """
[[storage.layouts]]
disks = ["a", "b"]
partitions = [
  { name = "esp", type = "esp", size = "1GiB" },
  { name = "swap", type = "swap", size = "8GiB" },
  { name = "nix", type = "md", size = "200GiB" },
  { name = "persist", type = "md", size = "rest" },
]
[storage.swap]
members = ["a.swap", "b.swap"]
[storage.arrays]
nix = { members = ["a.nix", "b.nix"], mount = "/nix" }
persist = { members = ["a.persist", "b.persist"], mount = "/persist" }
"""


def with_pool(kind: str, *vdevs: str, special: str = "", datasets: str = "") -> str:
    """The system's mirror, with a second pool; a vdev is the letters of its disks."""
    rows = ", ".join(
        f'{{ kind = "{kind}", members = [{", ".join(map(repr, disks))}] }}' for disks in vdevs
    ).replace("'", '"')
    system = Parts().storage
    if special:
        system = system.replace(
            '{ name = "tank"',
            '{ name = "special", type = "zfs", size = "256GiB" },\n{ name = "tank"',
        )
    return f"""{system}
[storage.pools.bulk]
mount = "/bulk"
properties = {{ compression = "zstd-3", atime = "off", xattr = "sa", acltype = "posix" }}
vdevs = [{rows}]
{special}
[storage.pools.bulk.datasets]
media = {{ mount = "/bulk/media", recordsize = "1MiB" }}
{datasets}
"""


def samba(zones: str, share: str = "", rest: str = "") -> str:
    return f"""
[samba]
zones = {zones}
{rest}
[samba.users.alice]
password = {{ path = "/persist/secrets/samba/alice" }}
[samba.shares.media]
path = "/bulk/media"
users = ["alice"]
{share}
"""


DATABASE = """
[database]
version = 17
users = { app = {} }
databases = { app = { owner = "app" } }
access = [
  { type = "local", database = "app", user = "app", method = "peer" },
  { type = "host", database = "all", user = "all", address = "127.0.0.1/32", method = "reject" },
]
"""
THREE = ("ssd", "ssd", "ssd")

HOSTS: dict[str, tuple[Parts, set[str]]] = {
    "plain": (Parts(), set()),
    # One disk can die: that is all there is to say.
    "one-disk": (
        Parts(
            disks=("nvme",),
            memory="16GiB",
            esps='[{ partition = "a.esp", mount = "/boot" }]',
            storage=ONE_DISK,
        ),
        {"STO015"},
    ),
    "without-zfs": (
        Parts(storage=WITHOUT_ZFS, boot='parameters = ["lockdown=integrity"]'),
        set(),
    ),
    "mirrors-only": (
        Parts(
            disks=("ssd", "ssd", "hdd", "hdd", "hdd", "hdd"),
            storage=with_pool("mirror", "cd", "ef"),
            upkeep='arc_max = "32GiB"',
            rest=samba('["lan"]'),
        ),
        set(),
    ),
    "flash-for-ai": (
        Parts(
            disks=("nvme",) * 4,
            memory="512GiB",
            storage=with_pool("mirror", "cd"),
            hardware='gpus = { a = { model = "NVIDIA RTX A6000", memory = "48GiB", count = 4,'
            ' inference = "vllm", driver = "production" } }',
            upkeep='arc_max = "64GiB"',
        ),
        set(),
    ),
    "arm": (
        Parts(
            cpu='cpu = { model = "Ampere Altra Q80-30", cores = 80, threads = 80 }',
            boot='loader = "systemd-boot"',
            system='platform = "aarch64-linux"',
        ),
        set(),
    ),
    "three-way-special": (
        Parts(
            disks=(*THREE, *("hdd",) * 6),
            esps='[{ partition = "a.esp", mount = "/boot" },'
            ' { partition = "b.esp", mount = "/boot-b" },'
            ' { partition = "c.esp", mount = "/boot-c" }]',
            storage=with_pool(
                "raidz2",
                "defghi",
                special='special = { kind = "mirror",'
                ' members = ["a.special", "b.special", "c.special"] }',
            )
            .replace('["a", "b"]', '["a", "b", "c"]')
            .replace('["a.swap", "b.swap"]', '["a.swap", "b.swap", "c.swap"]')
            .replace('["a.tank", "b.tank"]', '["a.tank", "b.tank", "c.tank"]'),
        ),
        set(),
    ),
    "three-raidz1": (
        Parts(
            disks=("ssd", "ssd", *("hdd",) * 9),
            storage=with_pool("raidz1", "cde", "fgh", "ijk"),
            rest='[expect.pools.bulk]\nusable = "60TB"\nrebuild = "72h"',
        ),
        set(),
    ),
    # The owner lets SSH in from everywhere: told once, and that no other way is there.
    "on-the-internet": (
        Parts(
            network='uplink = { nic = "uplink", zone = "internet", address = "198.51.100.7/24",'
            ' gateway = "198.51.100.1" }',
            vpn=False,
            lan=False,
            operators='["carol"]',
            ssh='zones = ["internet"]',
        ),
        {"ACC005", "LCK003"},
    ),
    "by-vlan-only": (Parts(vpn=False, ssh='zones = ["lan"]'), {"LCK003"}),
    "two-tunnels": (
        Parts(
            network=f"{Parts().network}\n"
            '[network.tunnels.site]\naddress = "10.1.0.{n}/24"\n'
            'public_key = "c2l0ZS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLQs="\n'
            'private_key = { path = "/persist/secrets/site.key" }\npeers = ["house"]',
            operators='["alice", "bob"]',
            ssh='zones = ["vpn", "lan", "site"]',
        ),
        set(),
    ),
    "database-for-itself": (
        Parts(
            storage=Parts().storage
            + 'postgresql = { mount = "/var/lib/postgresql", recordsize = "16KiB" }\n',
            upkeep='arc_max = "32GiB"',
            rest=DATABASE,
        ),
        set(),
    ),
    # At home the router gives no VLANs, and the television speaks no encryption.
    "at-home": (
        Parts(
            disks=("ssd", "ssd", "hdd", "hdd"),
            memory="32GiB",
            network='uplink = { nic = "uplink", zone = "office", address = "192.168.178.10/24",'
            ' gateway = "192.168.178.1" }',
            lan=False,
            operators='["alice", "carol"]',
            ssh='zones = ["vpn", "office"]',
            storage=with_pool("mirror", "cd"),
            rest=samba('["office"]', 'encryption = "off"\nread_only = true')
            + '[expect.shares.media]\nthroughput = "110MB/s"',
        ),
        {"SMB003"},
    ),
    "confidential": (
        Parts(
            cpu='cpu = { model = "AMD EPYC 9354P 32-Core Processor", cores = 32, threads = 64 }',
            boot='confidential = "sev-snp"',
        ),
        set(),
    ),
    "folder-of-its-own": (
        Parts(
            directories=("/srv/files",), rest=samba('["vpn"]').replace("/bulk/media", "/srv/files")
        ),
        set(),
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, set[str]]:
    """Host → codes found, of all hosts in one fleet; None is the fleet itself."""
    parts = {name: host for name, (host, _) in HOSTS.items()}
    draft: Draft = mixed_fleet(Path(tmp_path_factory.mktemp("mixed")), parts)
    found: dict[str | None, set[str]] = {None: set(), **{name: set() for name in HOSTS}}
    for one in draft.findings():
        found[one.host].add(one.code)
    return found


@pytest.mark.parametrize("name", HOSTS)
def test_a_sound_host_is_told_nothing_silly(name: str, told: dict[str | None, set[str]]) -> None:
    assert told[name] == HOSTS[name][1]


def test_nothing_is_wrong_with_the_fleet_of_them(told: dict[str | None, set[str]]) -> None:
    assert told[None] == set()
