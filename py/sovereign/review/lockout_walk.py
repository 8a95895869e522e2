"""The walk of an operator to a host: from the key to the answer's way back.

Each step is a fact of the inventory, with a verdict and the key that decides it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from sovereign.diagnostics import KeyPath
from sovereign.inventory.fleet import Operator, Reach
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.review.access import RSA_BITS, usable
from sovereign.review.routes import Place, Route, routes
from sovereign.review.zones import PlacedLink, placed_links


class Step(StrEnum):
    """What has to hold on the way in, in order."""

    KEY = "key"
    ENTRY = "entry"
    ADDRESS = "address"
    FIREWALL = "firewall"
    SSHD = "sshd"
    RETURN = "way back"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step of a way: whether it holds, what was looked at, and the key that decides it."""

    step: Step
    holds: bool
    says: str
    place: Place


@dataclass(frozen=True, slots=True)
class Way:
    """A way by which an operator comes to a host."""

    host: str
    operator: str
    reach: Reach | None
    chain: tuple[ChainLink, ...]

    @property
    def cut(self) -> ChainLink | None:
        """The first step that does not hold; None for a way that is open."""
        return next((link for link in self.chain if not link.holds), None)

    @property
    def path(self) -> str:
        """Where the way comes from."""
        if self.reach is None:
            return "nowhere"
        peer = f' through "{self.reach.peer}"' if self.reach.peer else ""
        return f'zone "{self.reach.zone}"{peer}'

    def drawn(self) -> str:
        """The chain, one step a line, to the step that cuts it."""
        start = f" at {self.reach.address}" if self.reach else ""
        lines = [f"{self.operator}{start} from {self.path} to {self.host}"]
        for link in self.chain:
            lines.append(f"  {link.step:9} {'ok ' if link.holds else 'CUT'} {link.says}")
            if not link.holds:
                break
        return "\n".join(lines)


Members = Mapping[str, Mapping[IPv4Address, str]]
"""Tunnel → address → the host that has it."""


def members_by_address(inventory: Inventory) -> Members:
    """The hosts of each tunnel by their address in it."""
    return {
        tunnel: {inventory.hosts[n].network.tunnels[tunnel].address.ip: n for n in names}
        for tunnel, names in inventory.tunnel_members.items()
    }


def ways(inventory: Inventory, name: str, members: Members | None = None) -> tuple[Way, ...]:
    """Every way by which the operators of a host are said to reach it, each with its chain.

    Give `members` of members_by_address when many hosts are asked for.
    """
    walk = _Walk(
        inventory,
        name,
        inventory.hosts[name],
        tuple(routes(inventory, name)),
        members_by_address(inventory) if members is None else members,
    )
    return tuple(
        way
        for operator in walk.host.access.operators
        for way in walk.of(operator, inventory.fleet.operators[operator])
    )


@dataclass(frozen=True, slots=True)
class _Walk:
    """What all ways to one host have in common."""

    inventory: Inventory
    name: str
    host: Host
    routes: tuple[Route, ...]
    members: Members

    def of(self, name: str, operator: Operator) -> Iterator[Way]:
        """Walk every way of an operator."""
        at: KeyPath = ("operators", name)
        if not operator.reach:
            says = "fleet.toml says of no address from which the operator comes"
            yield Way(self.name, name, None, (ChainLink(Step.ENTRY, False, says, Place(None, at)),))
        for index, reach in enumerate(operator.reach):
            here = Place(None, (*at, "reach", index, "address"))
            chain = self._chain(operator, Place(None, (*at, "keys")), reach, here)
            yield Way(self.name, name, reach, tuple(chain))

    def _chain(
        self, operator: Operator, keys: Place, reach: Reach, address: Place
    ) -> Iterator[ChainLink]:
        yield _key(operator, keys)
        link, entry = self._entry(reach)
        yield entry
        if link is None:
            return
        yield self._address(reach, link, address)
        yield self._firewall(reach)
        yield self._sshd(link)
        yield self._way_back(reach, link)

    def _entry(self, reach: Reach) -> tuple[PlacedLink | None, ChainLink]:
        """Find the interface that the operator's packets come in by."""
        fleet, zone = self.inventory.fleet, reach.zone
        standing = [p for p in placed_links(fleet, self.host) if p.link.zone == zone]
        if reach.peer is not None:
            standing = [
                p for p in standing if p.tunnel and reach.peer in fleet.tunnels[p.tunnel].peers
            ]
        standing.sort(
            key=lambda p: p.link.address is None or reach.address not in p.link.address.network
        )
        if not standing:
            tunnels = any(tunnel.zone == zone for tunnel in fleet.tunnels.values())
            kind = "tunnels" if tunnels else "vlans"
            says = f'the host has no interface in zone "{zone}"'
            if reach.peer is not None:
                says = f'the host joins no tunnel of zone "{zone}" that has "{reach.peer}"'
            return None, self._says(Step.ENTRY, False, says, ("network", kind))
        link = standing[0]
        if link.tunnel is None:
            says = f'{link.link.interface} stands in zone "{zone}"'
            return link, self._says(Step.ENTRY, True, says, link.at)
        return link, self._tunnel_entry(reach, link.tunnel, link)

    def _tunnel_entry(self, reach: Reach, tunnel: str, link: PlacedLink) -> ChainLink:
        """Whether the other end of the tunnel is one that the host talks to."""
        end = self.host.network.tunnels[tunnel]
        if reach.peer is not None:
            known = reach.peer in end.peers
            says = f'{link.link.interface} has the peer "{reach.peer}"'
            if not known:
                says = f'"{reach.peer}" is no peer of {link.link.interface}'
            return self._says(Step.ENTRY, known, says, (*link.at, "peers"))
        other = self.members.get(tunnel, {}).get(reach.address)
        if other is None or other == self.name:
            says = f'no other host has {reach.address} on tunnel "{tunnel}", and no peer is named'
            return self._says(Step.ENTRY, False, says, (*link.at, "peers"))
        called = end.endpoint or self.inventory.hosts[other].network.tunnels[tunnel].endpoint
        says = f"{link.link.interface} has the peer {other}"
        if not called:
            says = f"neither this host nor {other} has an endpoint on {link.link.interface}"
        return self._says(Step.ENTRY, called is not None, says, link.at)

    def _address(self, reach: Reach, link: PlacedLink, place: Place) -> ChainLink:
        """Whether packets from the address are let in by the interface."""
        own = link.link.address
        if own is not None and reach.address == own.ip:
            return ChainLink(Step.ADDRESS, False, f"{reach.address} is the host's own", place)
        if link.tunnel is not None and reach.peer is not None:
            return self._allowed(reach.address, link.tunnel, reach.peer, place)
        prefix = self.inventory.fleet.zones[reach.zone].prefix
        if prefix is None:
            return ChainLink(Step.ADDRESS, True, "the zone is the internet", place)
        holds = reach.address in prefix
        says = f"{reach.address} is {'' if holds else 'not '}in {prefix}"
        return ChainLink(Step.ADDRESS, holds, says, place)

    def _allowed(self, address: IPv4Address, tunnel: str, peer: str, place: Place) -> ChainLink:
        """Whether WireGuard takes the address from the peer: the narrowest network decides."""
        if (owner := self.members.get(tunnel, {}).get(address)) is not None:
            says = f'{address} is the address of {owner} on tunnel "{tunnel}"'
            return ChainLink(Step.ADDRESS, False, says, place)
        at: KeyPath = ("tunnels", tunnel, "peers")
        claims = [
            (network.prefixlen, site, network, (*at, site, "allowed_ips", index))
            for site in self.host.network.tunnels[tunnel].peers
            for index, network in enumerate(
                self.inventory.fleet.tunnels[tunnel].peers[site].allowed_ips
            )
            if address in network
        ]
        if not any(site == peer for _, site, _, _ in claims):
            listed = self.inventory.fleet.tunnels[tunnel].peers[peer].allowed_ips
            networks = ", ".join(map(str, listed)) or "none"
            says = f'{address} is not in allowed_ips of "{peer}": {networks}'
            return ChainLink(Step.ADDRESS, False, says, Place(None, (*at, peer, "allowed_ips")))
        # Of equal networks WireGuard keeps the one that is set last.
        narrowest = max(length for length, _, _, _ in claims)
        _, site, network, key = [claim for claim in claims if claim[0] == narrowest][-1]
        says = f'{address} is in {network} of "{site}"'
        if site != peer:
            says += f', which takes it from "{peer}"'
        return ChainLink(Step.ADDRESS, site == peer, says, Place(None, key))

    def _firewall(self, reach: Reach) -> ChainLink:
        ssh = self.host.access.ssh
        port = self.inventory.fleet.ports[ssh.port].port
        holds = reach.zone in ssh.zones
        says = f'port {port} is {"" if holds else "not "}open to zone "{reach.zone}"'
        return self._says(Step.FIREWALL, holds, says, ("access", "ssh", "zones"))

    def _sshd(self, link: PlacedLink) -> ChainLink:
        listen = self.host.access.ssh.listen
        address = link.link.address
        if not listen:
            return self._says(Step.SSHD, True, "sshd listens on all addresses", ("access", "ssh"))
        holds = address is not None and address.ip in listen
        where = (
            str(address.ip)
            if address
            else f"the address of {link.link.interface}, which DHCP gives"
        )
        says = f"sshd {'listens' if holds else 'does not listen'} on {where}"
        return self._says(Step.SSHD, holds, says, ("access", "ssh", "listen"))

    def _way_back(self, reach: Reach, link: PlacedLink) -> ChainLink:
        """Whether the answer leaves as the question came in; else strict filtering drops both."""
        fitting = [route for route in self.routes if reach.address in route.network]
        longest = max((route.network.prefixlen for route in fitting), default=-1)
        best = [route for route in fitting if route.network.prefixlen == longest]
        wrong = next((route for route in best if route.interface != link.link.interface), None)
        if not best:
            says = f"no route leads to {reach.address}"
            return self._says(Step.RETURN, False, says, ("network", "uplink"))
        if wrong is not None:
            says = (
                f"the route to {wrong.network} leaves by {wrong.interface},"
                f" not by {link.link.interface}"
            )
            return ChainLink(Step.RETURN, False, says, wrong.place)
        says = f"the route to {best[0].network} leaves by {best[0].interface}"
        return ChainLink(Step.RETURN, True, says, best[0].place)

    def _says(self, step: Step, holds: bool, says: str, at: KeyPath) -> ChainLink:
        return ChainLink(step, holds, says, Place(self.name, at))


def _key(operator: Operator, place: Place) -> ChainLink:
    good = [key.split(" ")[0] for key in operator.keys if usable(key)]
    says = good[0] if good else f"RSA of less than {RSA_BITS} bits" if operator.keys else "none"
    return ChainLink(Step.KEY, bool(good), says, place)
