"""Hosts of many kinds, put together from the tables of a host.toml."""

import base64
from dataclasses import dataclass
from pathlib import Path

from .conftest import FLEET, Draft, host_file

FLEET_TEXT = """
name = "mixed"
domain = "example.internal"

[release]
nixos = "26.05"
nixpkgs = "b18a4b905f8d028dc4476412e6d6891728695379"

[zones]
internet = {}
lan = { vlan = 10, prefix = "10.10.0.0/24" }
office = { prefix = "192.168.178.0/24" }
vpn = { prefix = "10.0.0.0/24" }
site = { prefix = "10.1.0.0/24" }

[ports]
ssh = { port = 22 }
smb = { port = 445 }
postgresql = { port = 5432 }
vpn = { port = 51820, protocol = "udp" }
site = { port = 51821, protocol = "udp" }

[tunnels.vpn]
zone = "vpn"
port = "vpn"
keepalive = "25s"

[tunnels.vpn.peers.desk]
public_key = "pI/uvc25wsmPXE082SPVT80RkPiCKRdr/npq8DvNy5E="
endpoint = "desk.example.net:51820"
allowed_ips = ["10.0.0.200/32"]
keepalive = "25s"
link = "1Gbit/s"

[tunnels.site]
zone = "site"
port = "site"

[tunnels.site.peers.house]
public_key = "i8+03SKBiNonjtHNDtAfpXwO+BfzpaAf37bigUMKF1k="
endpoint = "house.example.net:51820"
allowed_ips = ["10.1.0.200/32", "172.20.0.0/24"]
keepalive = "25s"
link = "100Mbit/s"

[operators.alice]
keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0DSbo0uUlHnmbHcsrtFcBhl5ipjtq3qi6jl1/IUK+/ alice"]
reach = [
  { zone = "vpn", peer = "desk", address = "10.0.0.200" },
  { zone = "lan", address = "10.10.0.200" },
]

[operators.bob]
keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHKJf46YVg1Nwc8ycw0yv4CUFUEhFVzf3WbxnF075Gd bob"]
reach = [{ zone = "site", peer = "house", address = "172.20.0.9" }]
sudo = false

[operators.carol]
keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGjMQuFkliSgysFaJSn1pHQM+/TMlrh0yUIftvTjEhPn carol"]
reach = [
  { zone = "internet", address = "203.0.113.9" },
  { zone = "office", address = "192.168.178.20" },
]
"""

CPU = 'cpu = { model = "AMD EPYC 7313P", cores = 16, threads = 32 }'
GIGABIT = "1Gbit/s"
MIRROR = """
[[storage.layouts]]
disks = ["a", "b"]
partitions = [
  { name = "esp", type = "esp", size = "1GiB" },
  { name = "swap", type = "swap", size = "8GiB" },
  { name = "tank", type = "zfs", size = "rest" },
]
[storage.swap]
members = ["a.swap", "b.swap"]
[storage.pools.tank]
properties = { compression = "zstd-3", atime = "off", xattr = "sa", acltype = "posix" }
vdevs = [{ kind = "mirror", members = ["a.tank", "b.tank"] }]
[storage.pools.tank.datasets]
nix = { mount = "/nix" }
persist = { mount = "/persist" }
"""
TWO_ESPS = '[{ partition = "a.esp", mount = "/boot" }, { partition = "b.esp", mount = "/boot-b" }]'
DHCP = 'uplink = { nic = "uplink", zone = "internet" }'


@dataclass(frozen=True)
class Parts:
    """What is particular about a host; the defaults are a server with two mirrored SSDs.

    `network`, `access` and the like are the insides of their tables; `{n}` is the host's number.
    """

    disks: tuple[str, ...] = ("ssd", "ssd")
    memory: str = "64GiB"
    cpu: str = CPU
    hardware: str = ""
    esps: str = TWO_ESPS
    boot: str = ""
    directories: tuple[str, ...] = ()
    storage: str = MIRROR
    rate: str = GIGABIT
    network: str = DHCP
    vpn: bool = True
    lan: bool = True
    operators: str = '["alice"]'
    ssh: str = 'zones = ["vpn", "lan"]'
    system: str = ""
    upkeep: str = ""
    rest: str = ""

    def text(self, number: int) -> str:
        """The host.toml of the host with a number."""
        kept = ("/var/lib/nixos", "/var/lib/systemd", "/var/lib/sbctl", "/var/log")
        kept = (*kept, *self.directories)
        body = f"""
identity = {{ host_id = "{0xA0000000 + number:08x}" }}
[system]
state_version = "26.05"
name_servers = ["9.9.9.9"]
{self.system}
[hardware]
memory = "{self.memory}"
{self.cpu}
nics = {{ uplink = {{ mac = "3c:fd:fe:00:01:{number:02x}", rate = "{self.rate}" }} }}
{self.hardware}
[hardware.disks]
{"".join(_disk(number, index, kind) for index, kind in enumerate(self.disks))}
[boot]
kernel = "6.18"
esps = {self.esps}
root = {{ size = "2GiB" }}
{self.boot}
[boot.persist]
at = "/persist"
directories = [{", ".join(f'"{folder}"' for folder in kept)}]
files = ["/etc/machine-id"]
{self.storage}
[network]
{self.network}
{_vlan(number) if self.lan else ""}
{_tunnel("vpn", number) if self.vpn else ""}
[access]
operators = {self.operators}
ssh = {{ {self.ssh} }}
[upkeep]
{self.upkeep}
[upkeep.alerts]
to = "ops@example.net"
sender = "host@example.net"
relay = "mail.example.net:465"
{self.rest}
"""
        return body.replace("{n}", str(number))


def _disk(number: int, index: int, kind: str) -> str:
    size = {"ssd": 960197124096, "nvme": 1920383410176}.get(kind, 12000138625024)
    name, serial = chr(ord("a") + index), f"S{number:02}{index:02}"
    path = f"/dev/disk/by-id/{'nvme' if kind == 'nvme' else 'ata'}-MODEL_{serial}"
    return (
        f'{name} = {{ kind = "{kind}", path = "{path}", serial = "{serial}", size = "{size}B" }}\n'
    )


def _vlan(number: int) -> str:
    return f'[network.vlans]\nlan = {{ nic = "uplink", address = "10.10.0.{number}/24" }}'


def _tunnel(name: str, number: int) -> str:
    return (
        f"[network.tunnels.{name}]\n"
        f'address = "10.{0 if name == "vpn" else 1}.0.{number}/24"\n'
        f'public_key = "{key(name, number)}"\n'
        f'private_key = {{ path = "/persist/secrets/{name}.key" }}\n'
        f'peers = ["{"desk" if name == "vpn" else "house"}"]'
    )


def key(name: str, number: int) -> str:
    """A public key of its own for each end of a tunnel."""
    return base64.b64encode(name.encode().ljust(31, b"-") + bytes([number])).decode()


def mixed_fleet(root: Path, hosts: dict[str, Parts]) -> Draft:
    """A fleet of the hosts, numbered from 1."""
    texts = {host_file(name): parts.text(n) for n, (name, parts) in enumerate(hosts.items(), 1)}
    return Draft(root, {FLEET: FLEET_TEXT, **texts})
