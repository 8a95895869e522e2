"""samba: SMB shares for the zones that may connect, and their users' passwords from secrets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import header, module
from sovereign.generators.output import Output
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.samba import Samba, Share
from sovereign.inventory.topology import links, networks_of, tunnel_interface
from sovereign.text.environment import render
from sovereign.text.sh import SH

_GROUP = "smb"
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class _Share:
    name: str
    comment: str
    path: str
    users: tuple[str, ...]
    read_only: str
    encryption: str


@dataclass(frozen=True, slots=True)
class _View:
    workgroup: str
    group: str
    port: int
    interfaces: tuple[str, ...]
    allowed: tuple[str, ...]
    multichannel: str
    encryption: str
    shares: tuple[_Share, ...]
    users: tuple[str, ...]
    system_users: tuple[str, ...]
    folders: tuple[str, ...]
    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Script:
    users: tuple[str, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `samba.nix` and `samba-users.sh`, if the host has shares."""
    host = inventory.hosts[name]
    samba = host.samba
    if samba is None:
        return
    users = tuple(samba.users)
    yield module(
        "samba",
        name,
        _View(
            group=_GROUP,
            workgroup=samba.workgroup,
            port=inventory.fleet.ports[samba.port].port,
            interfaces=("lo", *_interfaces(inventory, host, samba)),
            allowed=_allowed(inventory, name, samba),
            multichannel=_yes_no(samba.multichannel),
            encryption=samba.encryption,
            shares=tuple(_share(share, described) for share, described in samba.shares.items()),
            users=users,
            system_users=tuple(user for user in users if user not in host.access.operators),
            folders=tuple(
                f"d {path} 2770 root {_GROUP} -"
                for path in sorted({s.path for s in samba.shares.values() if not s.read_only})
            ),
            credentials=tuple(
                f"{user}:{described.password.path}" for user, described in samba.users.items()
            ),
        ),
    )
    script = render(SH, "samba/samba-users.sh.j2", _Script(users))
    yield Output("samba-users.sh", header(name) + script)


def _interfaces(inventory: Inventory, host: Host, samba: Samba) -> Iterator[str]:
    """Name what smbd is bound to. A tunnel goes by its address: what cannot broadcast is passed over.

    A VLAN does not show the receive queues of its network card; told of them, a client opens more
    than one channel there.
    """
    network = host.network
    tunnels = {tunnel_interface(tunnel) for tunnel in network.tunnels}
    cards = {network.uplink.nic: network.uplink.nic}
    cards |= {zone: vlan.nic for zone, vlan in network.vlans.items()}
    for zone in samba.zones:
        for link in links(inventory.fleet, host):
            if link.zone != zone:
                continue
            if link.interface in tunnels:
                yield str(link.address)
            elif samba.multichannel and (card := host.hardware.nics.get(cards[link.interface])):
                yield f'"{link.interface};speed={int(card.rate)},capability=RSS"'
            else:
                yield link.interface


def _share(name: str, share: Share) -> _Share:
    return _Share(
        name=name,
        comment=_literally(share.description),
        path=share.path,
        users=share.users,
        read_only=_yes_no(share.read_only),
        encryption=share.encryption,
    )


def _allowed(inventory: Inventory, name: str, samba: Samba) -> tuple[str, ...]:
    """This host and the zones that may connect; empty where only the interface tells them."""
    networks = networks_of(inventory, name, samba.zones)
    return (_LOOPBACK, *map(str, networks)) if networks is not None else ()


def _literally(text: str) -> str:
    r"""Keep Samba from reading a `%U` as a variable and a `\` at the end as "goes on below"."""
    return re.sub(r"%(?=\S)", "% ", text).rstrip("\\ ")


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
