"""What is changed in the inventory changes what is expected, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from expected import cloudlab_expects
from sovereign.expectations.base import Expectation


@dataclass(frozen=True)
class Change:
    """An edit of host.toml or fleet.toml, and the ids that come and go; `changed` keep their id."""

    host: Mapping[str, str] = field(default_factory=dict)
    fleet: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()


def ids(*names: str) -> frozenset[str]:
    return frozenset(names)


def logins(zone: str) -> tuple[str, ...]:
    refused = (f"{account} from {zone} is refused" for account in ("root", "emily"))
    return (f"colter from {zone} enters", *refused)


SECOND_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJlcGxhY2UgdGhpcyBrZXkgd2l0aCB5b3VyIG93biEh eve"

SHARES = ("code", "models", "media")

HARDENED = (
    "dev.tty.ldisc_autoload",
    "fs.protected_fifos",
    "fs.protected_regular",
    "kernel.dmesg_restrict",
    "kernel.kptr_restrict",
    "kernel.unprivileged_bpf_disabled",
    "kernel.yama.ptrace_scope",
    "net.core.bpf_jit_harden",
)

CHANGES = {
    "no ECN": Change(host={"ecn = true": "ecn = false"}, gone=ids("sysctl: net.ipv4.tcp_ecn")),
    "another congestion control": Change(
        host={'congestion = "bbr"': 'congestion = "cubic"'},
        gone=ids("kernel-module: tcp_bbr"),
        changed=ids("sysctl: net.ipv4.tcp_congestion_control"),
    ),
    "a smaller buffer": Change(
        host={'receive_buffer = "128MiB"': 'receive_buffer = "64MiB"'},
        changed=ids("sysctl: net.core.rmem_max", "sysctl: net.ipv4.tcp_rmem"),
    ),
    "no hardening": Change(
        host={'hardening = "server"': 'hardening = "none"'},
        gone=frozenset(f"sysctl: {name}" for name in HARDENED),
    ),
    "without Secure Boot": Change(
        host={'loader = "lanzaboote"': 'loader = "systemd-boot"'},
        changed=ids("secure-boot: firmware", "boot-images: /boot", "boot-images: /boot-b"),
    ),
    "a kernel parameter": Change(
        host={"[boot.root]": 'parameters = ["mitigations=auto"]\n\n[boot.root]'},
        new=ids("kernel-parameter: mitigations=auto"),
    ),
    "one key more": Change(
        fleet={'colter",\n]': f'colter",\n  "{SECOND_KEY}",\n]'}, changed=ids("user: colter")
    ),
    "an operator without sudo": Change(
        fleet={"[operators.colter]": "[operators.colter]\nsudo = false"},
        changed=ids("user: colter"),
    ),
    "another port for SSH": Change(
        fleet={"ssh = { port = 22 }": "ssh = { port = 2222 }"},
        gone=ids("socket: tcp 22"),
        new=ids("socket: tcp 2222"),
        changed=ids(
            "ssh-setting: port",
            "only-sockets: tcp",
            *(f"ssh-login: {each}" for zone in ("vpn", "management") for each in logins(zone)),
        ),
    ),
    "SSH on one address": Change(
        host={'zones = ["vpn", "management"]': 'zones = ["vpn"]\nlisten = ["10.0.0.1"]'},
        gone=ids(
            "flow: management reaches host 10.10.0.2 22",
            *(f"ssh-login: {each}" for each in logins("management")),
        ),
        new=ids("flow: management never reaches host 10.10.0.2 22"),
        changed=ids("socket: tcp 22"),
    ),
    "shares in one zone more": Change(
        host={
            'zones = ["vpn", "data"]\n\n[samba.users': 'zones = ["vpn", "data", "ai"]\n\n[samba.users'
        },
        gone=ids("flow: ai never reaches host 10.30.0.2 445"),
        new=ids(
            "flow: ai reaches host 10.30.0.2 445",
            *(f"smb-{it}: {share} from ai" for it in ("share", "channels") for share in SHARES),
        ),
        changed=ids("socket: tcp 445", "smb-server: server"),
    ),
    "a share that is read only": Change(
        host={'path = "/ember/media"': 'path = "/ember/media"\nread_only = true'},
        gone=ids("file: /ember/media"),
        changed=ids("smb-share: media from vpn", "smb-share: media from data"),
    ),
    "a share without encryption": Change(
        host={'path = "/ember/media"': 'path = "/ember/media"\nencryption = "desired"'},
        changed=ids("smb-share: media from vpn", "smb-share: media from data"),
    ),
    "encryption for the whole server, which costs the channels": Change(
        host={"[samba]\n": '[samba]\nencryption = "required"\n'},
        gone=frozenset(
            f"smb-channels: {share} from {zone}" for share in SHARES for zone in ("vpn", "data")
        ),
    ),
    "more channels that somebody counts on": Change(
        host={"[expect.shares.code]\n": "[expect.shares.code]\nchannels = 4\n"},
        changed=ids("smb-channels: code from vpn"),
    ),
    "another service between zones": Change(
        fleet={'data = ["postgresql"]': 'data = ["postgresql", "qdrant"]'},
        new=ids("flow: vpn reaches data 10.20.0.10 6333"),
    ),
    "a policy less": Change(
        fleet={'[policy.ai]\nhome = ["https"]\n': ""},
        gone=ids("flow: ai reaches home 10.1.0.2 443"),
    ),
    "where an operator comes from": Change(
        fleet={'address = "10.10.0.10"': 'address = "10.10.0.77"'},
        new=ids("flow: vpn reaches management 10.10.0.77 443"),
        gone=ids("flow: vpn reaches management 10.10.0.10 443"),
    ),
    "a static uplink": Change(
        host={
            'zone = "internet"': 'zone = "internet"\naddress = "198.51.100.7/24"\ngateway = "198.51.100.1"'
        },
        gone=ids("flow: internet never reaches host  22"),
        new=ids("flow: internet never reaches host 198.51.100.7 22"),
        changed=ids("interface: uplink"),
    ),
    "another port of a tunnel": Change(
        fleet={"wireguard-home = { port = 51821": "wireguard-home = { port = 51999"},
        gone=ids("socket: udp 51821"),
        new=ids("socket: udp 51999"),
        changed=ids("tunnel: wg-home", "only-sockets: udp"),
    ),
    "a tunnel without a peer": Change(
        host={'peers = ["gateway"]\n': ""},
        gone=ids("handshake: home to 10.1.0.1"),
        changed=ids("tunnel: wg-home"),
    ),
    "another disk": Change(
        host={'serial = "HDD_7"': 'serial = "HDD_70"'},
        changed=ids("disk: /dev/disk/by-id/ata-HDD_7"),
    ),
    "a mirror of three": Change(
        host={'"nvme-b.rpool"] }]': '"nvme-b.rpool"] }]\nspares = ["hdd-14"]'},
        changed=ids("zfs-pool: rpool"),
    ),
    "a property of a pool reaches what does not set its own": Change(
        host={
            'atime = "off", xattr = "sa", acltype = "posix", recordsize': 'atime = "on", xattr = "sa", acltype = "posix", recordsize'
        },
        changed=frozenset(
            f"zfs-property: {dataset} atime"
            for dataset in ("ember", "ember/code", "ember/models", "ember/media", "ember/nix")
        ),
    ),
    "swap in the clear": Change(
        host={'encryption = "random"': 'encryption = "none"'}, changed=ids("swap: 2 devices")
    ),
    "options of an array": Change(
        host={'options = ["noatime"]': 'options = ["noatime", "nofail", "commit=60"]'},
        changed=ids("mount: /nix"),
    ),
    "the machine id is made anew": Change(
        host={'files = ["/etc/machine-id"]': "files = []"},
        gone=ids("mount: /etc/machine-id", "unit: systemd-machine-id-commit.service absent"),
    ),
    "another day for the scrub": Change(
        host={'scrub = "monthly"': 'scrub = "Sun *-*-* 02:00:00"'},
        changed=ids("timer: zfs-scrub.timer"),
    ),
    "no look at the drives": Change(
        host={"smart = true": "smart = false"},
        gone=ids("unit: smartd.service active"),
        new=ids("unit: smartd.service absent"),
    ),
    "a database setting": Change(
        host={'shared_buffers = "8GiB"': 'shared_buffers = "8GiB"\nstatement_timeout = "90s"'},
        new=ids("database-setting: statement_timeout"),
    ),
    "a rule of the database": Change(
        host={
            'address = "10.0.0.0/24"\nmethod = "scram-sha-256"': 'address = "10.0.0.0/24"\nmethod = "reject"'
        },
        gone=ids(
            "database-access: emily enters emily from vpn",
            "database-access: emily never enters emily from vpn without a password",
        ),
        new=ids("database-access: emily never enters emily from vpn"),
        changed=ids("database-rules: authentication"),
    ),
    "a database role without a password": Change(
        host={
            '[database.users.mlflow]\npassword = { path = "/persist/secrets/postgresql/mlflow" }': "[database.users.mlflow]"
        },
        gone=ids(
            "database-access: mlflow enters mlflow from data",
            "database-access: mlflow never enters emily from data",
            "database-access: mlflow never enters emily from vpn",
            "database-access: mlflow never enters mlflow from vpn",
            "database-access: mlflow never enters emily from inside",
            "database-access: mlflow never enters mlflow from inside",
            "file: /persist/secrets/postgresql/mlflow",
        ),
        new=ids(
            *(
                f"database-access: mlflow never enters {name} from {zone} without a password"
                for name, zone in (
                    ("emily", "data"),
                    ("emily", "vpn"),
                    ("mlflow", "vpn"),
                    ("emily", "inside"),
                    ("mlflow", "inside"),
                )
            ),
        ),
        changed=ids("database-role: mlflow"),
    ),
    "more memory for Emily": Change(
        host={'memory = "emily"': 'memory = "emily"\nmemory_max = "1GiB"'},
        changed=frozenset(
            f"unit-setting: emily-{unit}.service MemoryMax"
            for unit in ("router", "instinct", "nervous", "metabolism", "cognition", "api")
        ),
    ),
    "Emily on her own": Change(
        host={'zones = ["vpn"]\ntoken = { path = "/persist/secrets/emily/token" }\n': ""},
        gone=ids(
            "flow: vpn reaches host 10.0.0.1 8600",
            "http: /ready from vpn with none token",
            *(
                f"http: /api/v1/state from {zone} with {credential} token"
                for zone in ("inside", "vpn")
                for credential in ("right", "wrong")
            ),
            "http: /api/v1/state from vpn with none token",
            "file: /persist/secrets/emily/token",
        ),
        new=ids("flow: vpn never reaches host 10.0.0.1 8600"),
        changed=ids(
            "socket: tcp 8600",
            "only-sockets: tcp",
            "http: /api/v1/state from inside with none token",
            "unit-setting: emily-api.service IPAddressAllow",
        ),
    ),
    "a secret's owner": Change(
        host={
            '"/persist/secrets/mail/password"': '"/persist/secrets/mail/password", owner = "colter", mode = "0440"'
        },
        changed=ids("file: /persist/secrets/mail/password"),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_expected(
    name: str, cloudlab: Mapping[str, Expectation], tmp_path: Path
) -> None:
    change = CHANGES[name]
    after = cloudlab_expects(tmp_path, host=change.host, fleet=change.fleet)
    gone, new = cloudlab.keys() - after.keys(), after.keys() - cloudlab.keys()
    changed = {each for each in cloudlab.keys() & after.keys() if told(cloudlab[each], after[each])}
    assert change.gone <= gone
    assert change.new <= new
    assert plain(gone) == plain(change.gone)
    assert plain(new) == plain(change.new)
    assert changed == change.changed


def told(before: Expectation, after: Expectation) -> bool:
    """Whether something else is expected, wherever the inventory asks for it."""
    same = {"key": before.key, "shared": before.shared}
    return after.model_copy(update=same) != before


def plain(names: set[str] | frozenset[str]) -> set[str]:
    """All but flows, whose ids name their ports: one that moves to another list changes both."""
    return {each for each in names if not each.startswith("flow: ")}
