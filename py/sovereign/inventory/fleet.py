"""`hosts/fleet.toml`: what the hosts share."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from sovereign.inventory.accept import Acceptance
from sovereign.inventory.base import (
    Account,
    Address,
    DomainName,
    Endpoint,
    LinkName,
    Many,
    Model,
    Name,
    Network,
    Port,
    SshKey,
    Text,
    WireguardKey,
    spelled,
)
from sovereign.inventory.secret import Secret
from sovereign.units import Duration, Rate


class Release(Model):
    """The NixOS release that the fleet is written for."""

    nixos: Annotated[str, *spelled(r"[0-9]{2}\.(?:05|11)", "26.05", 5)]
    """Release, like "26.05"."""

    nixpkgs: Annotated[
        str, *spelled("[0-9a-f]{40}", "b18a4b905f8d028dc4476412e6d6891728695379", 40)
    ]
    """The nixpkgs revision that flake.lock pins."""


class Zone(Model):
    """A part of the network whose members are trusted alike."""

    description: Text = ""
    vlan: Annotated[int, Field(ge=1, le=4094)] | None = None
    """VLAN id; absent for a zone that is no VLAN."""

    prefix: Network | None = None
    """The addresses of the zone; absent for the internet."""


class LedgerPort(Model):
    """A port that belongs to one service in the whole fleet."""

    port: Port
    protocol: Literal["tcp", "udp"] = "tcp"
    use: Text = ""


class Peer(Model):
    """The far end of a tunnel that is no host of the fleet: a site or a device."""

    description: Text = ""
    public_key: WireguardKey
    endpoint: Endpoint | None = None
    """Where it is reached; absent when it calls us."""

    allowed_ips: Many[Network]
    """The addresses behind it: routed to it and accepted from it."""

    keepalive: Annotated[Duration, Field(ge=1, le=65535)] | None = None
    preshared_key: Secret | None = None
    link: Rate
    """Its slowest link on the way to us."""


class Tunnel(Model):
    """A WireGuard network. Hosts that join it are each other's peers; sites are listed here."""

    description: Text = ""
    zone: Name
    """The zone that its addresses belong to."""

    port: Name
    """The ledger's name of the UDP port that hosts listen on."""

    mtu: Annotated[int, Field(ge=1280, le=9000)] = 1420
    keepalive: Annotated[Duration, Field(ge=1, le=65535)] | None = None
    """Between hosts, when one of them stands behind a router that forgets silent connections."""

    peers: Mapping[LinkName, Peer] = {}


class Reach(Model):
    """A way by which an operator comes in: from an address of a zone, through a tunnel's peer or not."""

    address: Address
    """The address that the host sees."""

    zone: Name
    peer: LinkName | None = None
    """The peer of the zone's tunnel through which the address arrives."""


class Operator(Model):
    """A person who may log in and administer hosts."""

    keys: Many[SshKey]
    reach: Many[Reach] = ()
    sudo: bool = True


class Fleet(Model):
    """The whole of fleet.toml."""

    name: Name
    domain: DomainName
    release: Release
    zones: Mapping[LinkName, Zone]
    """A zone's VLAN interface bears its name."""

    policy: Mapping[Name, Mapping[Name, Many[Name]]] = {}
    """Zone → zone → services of the ledger that may be reached; everything else is dropped."""

    ports: Mapping[Name, LedgerPort] = {}
    tunnels: Mapping[LinkName, Tunnel] = {}
    operators: Mapping[Account, Operator] = {}
    accept: Many[Acceptance] = ()
