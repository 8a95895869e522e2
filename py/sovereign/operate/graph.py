"""A picture of the fleet in Mermaid: hosts, zones and what may pass between them, tunnels, pools."""

from collections.abc import Iterator, Sequence

from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import links, tunnel_peers
from sovereign.text.mermaid import label, node


def graph(inventory: Inventory, names: Sequence[str]) -> str:
    """Draw the named hosts with everything that they touch."""
    return "\n".join(
        ["flowchart LR", *_zones(inventory), *_hosts(inventory, names), *_sites(inventory, names)]
    )


def _zones(inventory: Inventory) -> Iterator[str]:
    fleet = inventory.fleet
    yield f"  subgraph {node('zones')} [{label('zones')}]"
    for name, zone in fleet.zones.items():
        about = [name, f"VLAN {zone.vlan}" if zone.vlan else "", str(zone.prefix or "")]
        yield f"    {node(f'zone {name}')}({label(', '.join(part for part in about if part))})"
    yield "  end"
    for source, row in fleet.policy.items():
        for target, services in row.items():
            if services:
                ends = node(f"zone {source}"), node(f"zone {target}")
                yield f"  {ends[0]} -->|{label(', '.join(services))}| {ends[1]}"


def _hosts(inventory: Inventory, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        host = inventory.hosts[name]
        yield f"  subgraph {node(f'host {name}')} [{label(name)}]"
        yield "    direction TB"
        for link in links(inventory.fleet, host):
            about = f"{link.interface} {link.address or 'DHCP'}"
            yield f"    {node(f'link {name} {link.interface}')}[{label(about)}]"
        for pool, described in host.storage.pools.items():
            shape = " + ".join(f"{len(v.members)}-wide {v.kind}" for v in described.vdevs)
            about = f"pool {pool}, {shape}" + (", special" if described.special else "")
            yield f"    {node(f'pool {name} {pool}')}[({label(about)})]"
        for share in host.samba.shares if host.samba else ():
            yield f"    {node(f'share {name} {share}')}>{label(f'share {share}')}]"
        yield "  end"
        for link in links(inventory.fleet, host):
            yield f"  {node(f'zone {link.zone}')} --- {node(f'link {name} {link.interface}')}"


def _sites(inventory: Inventory, names: Sequence[str]) -> Iterator[str]:
    drawn: set[tuple[str, str, str]] = set()
    for name in names:
        for tunnel in inventory.hosts[name].network.tunnels:
            end = node(f"link {name} wg-{tunnel}")
            for peer in tunnel_peers(inventory, name, tunnel):
                if peer.name not in inventory.hosts:
                    yield f"  {end} ==> {node(f'site {tunnel} {peer.name}')}{{{{{label(peer.name)}}}}}"
                elif (tunnel, peer.name, name) not in drawn and peer.name in names:
                    drawn.add((tunnel, name, peer.name))
                    yield f"  {end} <==> {node(f'link {peer.name} wg-{tunnel}')}"
