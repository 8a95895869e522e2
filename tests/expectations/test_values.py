"""What is expected of cloudlab: for each type cases with their key in the inventory."""

from collections.abc import Mapping

import pytest

from sovereign.expectations.base import Expectation
from sovereign.expectations.document import Document

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0DSbo0uUlHnmbHcsrtFcBhl5ipjtq3qi6jl1/IUK+/ colter"

HDDS = [f"disk-hdd-{number}-zfs" for number in range(1, 15)]

# Id → key path ("fleet:" for one of fleet.toml), and fields.
CASES: dict[str, tuple[str, dict[str, object]]] = {
    # boot
    "secure-boot: firmware": ("boot.loader", {"enabled": True}),
    "boot-images: /boot": ("boot.esps[0]", {"signed": True}),
    "boot-images: /boot-b": ("boot.esps[1]", {"signed": True}),
    "sysctl: kernel.kptr_restrict": ("boot.hardening", {"value": "2"}),
    # hardware
    "disk: /dev/disk/by-id/nvme-A": (
        "hardware.disks.nvme-a",
        {"serial": "A", "size_bytes": 2_000_398_934_016},
    ),
    "memory: memory": ("hardware.memory", {"at_least_bytes": 128 * 2**30}),
    "processor: processor": ("hardware.cpu.threads", {"threads": 56}),
    "gpu: p4": ("hardware.gpus.p4.model", {"model": "Tesla P4"}),
    # system
    "identity: cloudlab": (
        "identity.host_id",
        {"domain": "cloudlab.internal", "host_id": "c10d1ab0", "time_zone": "UTC"},
    ),
    "nixos-release: 26.05": ("fleet:release.nixos", {}),
    "nix-setting: trusted-users": ("system.nix.trusted_users", {"value": "root colter"}),
    "timer: nix-gc.timer": ("system.nix.collect", {"calendar": "weekly"}),
    # upkeep
    "timer: zfs-scrub.timer": ("upkeep.scrub", {"calendar": "monthly"}),
    "timer: zpool-trim.timer": ("upkeep.trim", {"calendar": "weekly"}),
    "timer: fstrim.timer": ("upkeep.trim", {"calendar": "weekly"}),
    "unit: zfs-zed.service active": ("upkeep.alerts", {}),
    "unit: smartd.service active": ("upkeep.smart", {}),
    "unit: mdmonitor.service active": ("storage.arrays.nix", {}),
    "kernel-parameter: zfs.zfs_arc_max=51539607552": ("upkeep.arc_max", {}),
    # storage
    "zfs-pool: ember": (
        "storage.pools.ember",
        {
            "vdevs": [
                {"role": "data", "kind": "raidz2", "members": HDDS[:7]},
                {"role": "data", "kind": "raidz2", "members": HDDS[7:]},
                {
                    "role": "special",
                    "kind": "mirror",
                    "members": ["disk-nvme-a-special", "disk-nvme-b-special"],
                },
            ]
        },
    ),
    "zfs-property: pool rpool autotrim": (
        "storage.pools.rpool.autotrim",
        {"value": "on", "pool": True},
    ),
    "zfs-property: pool ember autotrim": ("storage.pools.ember", {"value": "off"}),
    "zfs-property: ember/code special_small_blocks": (
        "storage.pools.ember.datasets.code.special_small_blocks",
        {"value": "16384"},
    ),
    "zfs-property: ember/nix special_small_blocks": (
        "storage.pools.ember.datasets.nix.special_small_blocks",
        {"value": "0"},
    ),
    "zfs-property: ember/code compression": (  # inherited
        "storage.pools.ember.properties.compression",
        {"value": "zstd-3"},
    ),
    "zfs-property: rpool/databases/postgresql recordsize": (
        'storage.pools.rpool.datasets."databases/postgresql".recordsize',
        {"value": "16384"},
    ),
    "zfs-property: rpool/apps mountpoint": (
        "storage.pools.rpool.datasets.apps.mount",
        {"value": "legacy"},
    ),
    "md-array: nix": (
        "storage.arrays.nix",
        {"level": 1, "members": ["disk-nvme-a-nix", "disk-nvme-b-nix"]},
    ),
    "swap: 2 devices": ("storage.swap", {"priority": 10, "encrypted": True}),
    "mount: /": (
        "boot.root.size",
        {"filesystem": "tmpfs", "options": ["size=2097152k", "mode=755"]},
    ),
    "mount: /boot-b": (
        "boot.esps[1].mount",
        {"filesystem": "vfat", "options": ["fmask=0077", "dmask=0077"]},
    ),
    "mount: /nix": (
        "storage.arrays.nix.mount",
        {"filesystem": "ext4", "source": None, "options": ["noatime"]},
    ),
    "mount: /var/lib/postgresql": (
        'storage.pools.rpool.datasets."databases/postgresql".mount',
        {"filesystem": "zfs", "source": "rpool/databases/postgresql"},
    ),
    "mount: /var/log": (
        "boot.persist.directories[5]",
        {"filesystem": "zfs", "source": "rpool/persist[/var/log]"},
    ),
    "mount: /etc/machine-id": (
        "boot.persist.files[0]",
        {"filesystem": "zfs", "source": "rpool/persist[/etc/machine-id]"},
    ),
    "unit: systemd-machine-id-commit.service absent": ("boot.persist.files[0]", {}),
    "unit: zfs-properties.service exited": ("storage.pools", {}),
    "file: /var/lib/sbctl": (
        "boot.persist.directories[2]",
        {"kind": "directory", "owner": "root", "mode": "0700"},
    ),
    # network and wireguard
    "unit: systemd-networkd.service active": ("network", {}),
    "interface: uplink": (
        "hardware.nics.uplink.mac",
        {"addresses": [], "mac": "3c:fd:fe:0c:22:05"},
    ),
    "interface: data": (
        "network.vlans.data.address",
        {"addresses": ["10.20.0.2/24"]},
    ),
    "confinement: emily-api.service": ("emily", {"writable": ["/var/lib/emily"]}),
    "vlan: data": ("network.vlans.data.nic", {"parent": "uplink", "number": 20}),
    "sysctl: net.ipv4.tcp_congestion_control": ("network.tuning.congestion", {"value": "bbr"}),
    "sysctl: net.core.default_qdisc": ("network.tuning.qdisc", {"value": "fq"}),
    "sysctl: net.ipv4.tcp_ecn": ("network.tuning.ecn", {"value": "1"}),
    "sysctl: net.core.rmem_max": ("network.tuning.receive_buffer", {"value": "134217728"}),
    "sysctl: net.ipv4.tcp_wmem": (
        "network.tuning.send_buffer",
        {"value": "4096 16384 134217728"},
    ),
    "sysctl: net.ipv4.conf.all.forwarding": ("fleet:policy.management.ai", {"value": "1"}),
    "sysctl: net.ipv4.ip_nonlocal_bind": ("database.zones", {"value": "1"}),
    "kernel-module: tcp_bbr": ("network.tuning.congestion", {}),
    "interface: wg-vpn": ("network.tunnels.vpn.address", {"addresses": ["10.0.0.1/24"]}),
    "socket: udp 51820": ("fleet:tunnels.vpn.port", {"addresses": ["*"]}),
    "tunnel: wg-home": (
        "network.tunnels.home",
        {
            "port": 51821,
            "peers": [
                {
                    "public_key": "i8+03SKBiNonjtHNDtAfpXwO+BfzpaAf37bigUMKF1k=",
                    "allowed_ips": ["10.1.0.2/32", "192.168.1.0/24"],
                    "keepalive_s": 25,
                }
            ],
        },
    ),
    "handshake: vpn to 10.0.0.1": ("network.tunnels.vpn.peers", {"interface": "wg-vpn"}),
    # access
    "unit: sshd.service active": ("access.ssh", {}),
    "socket: tcp 22": ("access.ssh", {"addresses": ["*"]}),
    "ssh-setting: port": ("fleet:ports.ssh.port", {"value": "22"}),
    "ssh-setting: permitrootlogin": ("access.ssh", {"value": "no"}),
    "ssh-setting: passwordauthentication": ("access.ssh", {"value": "no"}),
    "ssh-setting: allowusers": ("access.operators", {"value": "colter"}),
    "user: colter": (
        "fleet:operators.colter.keys[0]",
        {"groups": ["wheel", "smb"], "keys": [KEY]},
    ),
    "user: root": ("access.operators", {"keys": []}),
    "ssh-login: colter from management enters": (
        "access.ssh.zones[1]",
        {"address": "10.10.0.2", "port": 22, "allowed": True},
    ),
    "ssh-login: root from vpn is refused": ("access.operators", {"allowed": False}),
    "file: /persist/etc/ssh/ssh_host_ed25519_key": ("access.ssh", {"mode": "0600"}),
    # firewall
    "unit: nftables.service exited": ("fleet:policy", {}),
    "only-sockets: tcp": ("fleet:ports", {"ports": [22, 445, 5355, 5432, 8600]}),
    "only-sockets: udp": ("fleet:ports", {"ports": [68, 546, 5353, 5355, 51820, 51821]}),
    "flow: vpn reaches host 10.0.0.1 445": ("samba.zones[0]", {"allowed": True}),
    "flow: vpn reaches data 10.20.0.10 5432": ("fleet:policy.vpn.data[0]", {"allowed": True}),
    "flow: ai reaches home 10.1.0.2 443": ("fleet:policy.ai.home[0]", {"allowed": True}),
    "flow: internet never reaches host  22": ("access.ssh.zones", {"address": ""}),
    "flow: management never reaches host 10.10.0.2 5432": ("database.zones", {}),
    "flow: data never reaches host 10.20.0.2 7447": ("emily", {}),
    # samba
    "unit: samba-smbd.service active": ("samba", {}),
    "unit: samba-users.service exited": ("samba.users", {}),
    "unit: samba-nmbd.service absent": ("samba", {}),
    "socket: tcp 445": (
        "samba.zones",
        {"addresses": ["127.0.0.1", "::1", "10.20.0.2", "10.0.0.1"]},
    ),
    "smb-server: server": (
        "samba",
        {
            "addresses": ["10.20.0.2", "10.0.0.1"],
            "multichannel": True,
            "minimum_protocol": "SMB3_11",
        },
    ),
    "smb-share: code from data": (
        "samba.shares.code",
        {"address": "10.20.0.2", "users": ["colter"], "read_only": False, "encrypted": True},
    ),
    "smb-channels: media from vpn": ("samba", {"user": "colter", "at_least": 2}),
    "file: /ember/code": (
        "samba.shares.code.path",
        {"kind": "directory", "group": "smb", "mode": "2770"},
    ),
    # database
    "unit: postgresql-databases.service exited": ("database", {}),
    "socket: tcp 5432": (
        "database.zones",
        {"addresses": ["127.0.0.1", "::1", "10.20.0.2", "10.0.0.1"]},
    ),
    "database: emily": ("database.databases.emily", {"owner": "emily", "extensions": ["vector"]}),
    "database-role: mlflow": ("database.users.mlflow", {"password": True}),
    "database-setting: shared_buffers": ("database.settings.shared_buffers", {"value": "8GB"}),
    "database-setting: random_page_cost": ("database.settings.random_page_cost", {"value": "1.1"}),
    "database-rules: authentication": (
        "database.access",
        {
            "rules": [
                "local all postgres peer",
                "host emily emily 10.20.0.0/24 scram-sha-256",
                "host emily emily 10.0.0.0/24 scram-sha-256",
                "host mlflow mlflow 10.20.0.0/24 scram-sha-256",
                "local all all peer",
            ]
        },
    ),
    "database-access: mlflow enters mlflow from data": ("database.access[2]", {"password": True}),
    "database-access: mlflow never enters mlflow from data without a password": (
        "database.access[2]",
        {"allowed": False},
    ),
    "database-access: mlflow never enters mlflow from vpn": ("database.access", {}),
    "database-access: emily never enters mlflow from data": ("database.access", {}),
    "database-access: emily never enters emily from inside": (
        "database.access",
        {"address": "127.0.0.1"},
    ),
    "database-access: emily enters emily from socket without a password": (
        "database.access",
        {"allowed": True},
    ),
    "database-access: colter never enters postgres from socket without a password": (
        "database.users",
        {"allowed": False},
    ),
    # emily
    "unit: emily.target active": ("emily", {}),
    "unit: emily-instinct.service active": ("emily", {}),
    "unit-setting: emily-api.service MemoryMax": ("emily", {"value": "536870912"}),
    "unit-setting: emily-router.service ProtectSystem": ("emily", {"value": "strict"}),
    "unit-setting: emily-metabolism.service User": ("emily", {"value": "emily"}),
    "unit-setting: emily-nervous.service NoNewPrivileges": ("emily", {"value": "yes"}),
    "unit-setting: emily-instinct.service WatchdogUSec": ("emily", {"value": "5s"}),
    "unit-setting: emily-cognition.service IPAddressAllow": (
        "emily",
        {"value": "127.0.0.0/8 ::1/128"},
    ),
    "unit-setting: emily-api.service IPAddressAllow": (
        "emily.zones",
        {"value": "127.0.0.0/8 ::1/128 10.0.0.0/24"},
    ),
    "socket: tcp 7447": ("emily", {"addresses": ["127.0.0.1"]}),
    "socket: tcp 8600": ("emily.zones", {"addresses": ["0.0.0.0"]}),
    "user: emily": ("emily", {"groups": ["emily"], "keys": []}),
    "file: /var/lib/emily": ("emily", {"owner": "emily", "mode": "0700"}),
    "http: /ready from vpn with none token": ("emily.zones[0]", {"status": 200}),
    "http: /api/v1/state from vpn with wrong token": ("emily.token", {"status": 401}),
    # secrets
    "file: /persist/secrets/samba/colter": (
        "samba.users.colter.password",
        {"kind": "secret", "owner": "root", "group": "root", "mode": "0400"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_cloudlab_is_expected_to(name: str, cloudlab: Mapping[str, Expectation]) -> None:
    key, fields = CASES[name]
    one = cloudlab[name]
    assert ("fleet:" * one.shared) + one.key == key
    found = one.model_dump(mode="json")
    assert {field: found[field] for field in fields} == fields


def test_every_type_has_a_case_here(cloudlab: Mapping[str, Expectation]) -> None:
    types = {one.type for one in cloudlab.values()}
    assert {name.partition(":")[0] for name in CASES} == types
    document = Document.model_json_schema()
    union = document["properties"]["expectations"]["items"]["discriminator"]["mapping"]
    assert types == set(union), "a type that nothing expects"
