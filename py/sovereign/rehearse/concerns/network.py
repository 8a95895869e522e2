"""The host's network: networkd's files and the kernel's settings."""

from collections.abc import Callable, Iterator, Mapping

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import networkd, sysctl
from sovereign.rehearse.values import Given, parse

STAND_IN = "networkd's files rendered from options"
FOLDER = "/etc/systemd/network"

UNPROVEN: tuple[tuple[str, str], ...] = (
    (
        r"^interface: .* vlan ",
        "without 8021q the zone's cable stands in for a VLAN: see the vm tier",
    ),
    (r"^sysctl: net\.core\.", "net.core is this machine's own, not a namespace's: see the vm tier"),
    (r"^kernel-module: ", "the kernel is this machine's: see the vm tier"),
)


class _Network(Given):
    links: Mapping[str, Mapping[str, object]] = {}
    netdevs: Mapping[str, Mapping[str, object]] = {}
    networks: Mapping[str, Mapping[str, object]] = {}
    sysctl: Mapping[str, bool | int | str | None] = {}


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Give the interfaces that are there their addresses; links and VLANs are the world's."""
    del world
    network = parse(_Network, given)
    settings = Placed(
        "/etc/sysctl.d/60-nixos.conf",
        sysctl.render(network.sysctl),
        stand_in="sysctl.d rendered from options",
    )
    files = (*_files("network", networkd.network, network.networks), settings)
    return Furnishing(files, units=("systemd-sysctl.service", "systemd-networkd.service"))


def wires(given: Mapping[str, object]) -> tuple[Placed, ...]:
    """Return the files that name links and make VLANs, for a kernel that knows both."""
    network = parse(_Network, given)
    return (
        *_files("link", networkd.link, network.links),
        *_files("netdev", networkd.netdev, network.netdevs),
    )


def _files(
    kind: str,
    render: Callable[[Mapping[str, object]], str],
    all_options: Mapping[str, Mapping[str, object]],
) -> Iterator[Placed]:
    for name, options in sorted(all_options.items()):
        if options.get("enable") is not False:
            yield Placed(f"{FOLDER}/{name}.{kind}", render(options), stand_in=STAND_IN)
