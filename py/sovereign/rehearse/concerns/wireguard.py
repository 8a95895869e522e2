"""The host's tunnels, by wireguard-go: this kernel has no WireGuard, and networkd makes no other."""

import shlex
from collections.abc import Iterator, Mapping

from sovereign.rehearse.concerns.network import STAND_IN as NETWORK_STAND_IN
from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import networkd, systemd_unit, wireguard_conf
from sovereign.rehearse.render.wireguard_netdev import Interface, Wireguard
from sovereign.rehearse.values import parse

STAND_IN = "WireGuard by wireguard-go"
_CONFIGURATION = "/etc/sovereign/wireguard"
_READY_TRIES = 100
_FEW_TRIES = "WG_ENDPOINT_RESOLUTION_RETRIES=2"

AFTER = ("network", "secrets", "system")


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Run a daemon for each tunnel; networkd gives its interface addresses and routes."""
    del world
    interfaces = sorted(parse(Wireguard, given).interfaces.items())
    files = (file for name, interface in interfaces for file in _files(name, interface))
    return Furnishing(
        tuple(files),
        commands=(("systemctl", "stop", "wireguard-*.service"),),
        units=(
            "systemd-networkd.service",
            *(f"wireguard-{name}.service" for name, _ in interfaces),
        ),
    )


def _files(name: str, interface: Interface) -> Iterator[Placed]:
    network = f"{networkd.FOLDER}/40-{name}.network"
    yield Placed(network, networkd.network(interface.network), stand_in=NETWORK_STAND_IN)
    # what networkd does itself where it makes the interface
    if interface.allowed_ips_as_routes:
        yield Placed(f"{network}.d/allowed-ips.conf", _routes(interface), stand_in=STAND_IN)
    configuration = f"{_CONFIGURATION}/{name}.conf"
    peers = tuple(
        wireguard_conf.Peer(peer.public_key, peer.allowed_ips, peer.persistent_keepalive)
        for peer in interface.peers
    )
    text = wireguard_conf.render(
        peers, listen_port=interface.listen_port, firewall_mark=interface.fw_mark
    )
    yield Placed(configuration, text, stand_in=STAND_IN)
    script = f"{systemd_unit.SCRIPTS}/wireguard-{name}-up"
    yield Placed(script, _set_up(name, interface, configuration), 0o755, stand_in=STAND_IN)
    yield from systemd_unit.service(
        f"wireguard-{name}",
        {
            "description": f"WireGuard tunnel {name}",
            "after": ["network-pre.target", "systemd-networkd.service"],
            "wantedBy": ["multi-user.target"],
            "serviceConfig": {
                "ExecStart": f"wireguard-go --foreground {name}",
                "ExecStartPost": script,
                "Restart": "on-failure",
            },
        },
    )


def _routes(interface: Interface) -> str:
    rows = ({"Destination": network} for peer in interface.peers for network in peer.allowed_ips)
    more = {"Table": interface.table, "Metric": interface.metric}
    told = {key: value for key, value in more.items() if value not in (None, "main")}
    return networkd.sections("Route", [{**row, **told} for row in rows])


def _set_up(name: str, interface: Interface, configuration: str) -> str:
    """Return a script for when the daemon has started. It names the files of keys, and no key."""
    link = shlex.quote(name)
    lines = [
        "#!/bin/sh -eu",
        f"for try in $(seq {_READY_TRIES}); do wg show {link} >/dev/null 2>&1 && break; sleep 0.05; done",
        f"wg setconf {link} {shlex.quote(configuration)}",
        f"wg set {link} private-key {shlex.quote(interface.private_key_file)}",
    ]
    for peer in interface.peers:
        one = f"wg set {link} peer {shlex.quote(peer.public_key)}"
        if peer.preshared_key_file:
            lines.append(f"{one} preshared-key {shlex.quote(peer.preshared_key_file)}")
        # a name may be unknown yet: networkd, too, goes on without
        if peer.endpoint:
            lines.append(f"{_FEW_TRIES} {one} endpoint {shlex.quote(peer.endpoint)} || true")
    mtu = f" mtu {interface.mtu}" if interface.mtu else ""
    return "\n".join([*lines, f"ip link set {link}{mtu} up", ""])
