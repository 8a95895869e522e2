"""A host's links: uplink, VLANs, tunnels, routes and tuning."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from sovereign.inventory.base import (
    Address,
    Endpoint,
    Interface,
    LinkName,
    Many,
    Model,
    Name,
    WireguardKey,
)
from sovereign.inventory.base import (
    Network as Prefix,
)
from sovereign.inventory.secret import Secret
from sovereign.units import Size


class Uplink(Model):
    """The way to the internet."""

    nic: LinkName
    zone: Name
    address: Interface | None = None
    """Absent: DHCP."""

    gateway: Address | None = None
    mtu: Annotated[int, Field(ge=1280, le=9216)] = 1500


class Vlan(Model):
    """A VLAN interface on a network port, named after its zone."""

    nic: LinkName
    address: Interface


class Route(Model):
    """A static route."""

    to: Prefix
    via: Address


class TunnelEnd(Model):
    """This host's end of one of the fleet's tunnels."""

    address: Interface
    public_key: WireguardKey
    private_key: Secret
    endpoint: Endpoint | None = None
    """Where other hosts and sites reach this one; absent when it only calls out."""

    peers: Many[LinkName] = ()
    """The tunnel's sites that this host talks to."""


class Tuning(Model):
    """TCP: congestion control, queueing, ECN and the largest buffers."""

    congestion: Literal["bbr", "cubic"] = "bbr"
    qdisc: Literal["fq", "fq_codel", "cake"] = "fq"
    ecn: bool = True
    receive_buffer: Size = Size.parse("128MiB")
    send_buffer: Size = Size.parse("128MiB")


class Links(Model):
    """All links of a host."""

    uplink: Uplink
    vlans: Mapping[Name, Vlan] = {}
    """Zone → interface."""

    tunnels: Mapping[LinkName, TunnelEnd] = {}
    """Tunnel of the fleet → this host's end."""

    routes: Many[Route] = ()
    tuning: Tuning = Tuning()
