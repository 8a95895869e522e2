"""The host's network: networkd's files and the kernel's settings."""

from collections.abc import Callable, Iterator, Mapping

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import networkd, sysctl, systemd_unit
from sovereign.rehearse.values import Given, parse

STAND_IN = "networkd's files rendered from options"
_SETTINGS = "/etc/sysctl.d/60-nixos.conf"
_FORGET = f"{systemd_unit.SCRIPTS}/sysctl-as-at-boot"
_FORGET_TEXT = f"""#!/bin/sh -eu
# A setting that is no longer asked for shall not outlive the one that asked.
before=/run/sovereign-sysctl
if [ -e "$before" ]; then
  sysctl --quiet --load="$before"
else
  # nor shall this machine's own choice pass for the host's
  sysctl --quiet net.ipv4.tcp_congestion_control=reno
fi
grep -o '^net[.]ipv[46][.][^=]*' {_SETTINGS} | xargs --no-run-if-empty sysctl >"$before"
"""

UNPROVEN: tuple[tuple[str, str], ...] = (
    (
        r"vlan: .*",
        "without 8021q the zone's cable stands in for a VLAN: see the vm tier",
    ),
    (
        r"sysctl: net\.core\..*",
        "net.core is this machine's own, not a namespace's: see the vm tier",
    ),
    (r"kernel-module: .*", "the kernel is this machine's: see the vm tier"),
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
    text = sysctl.render(network.sysctl)
    files = (
        *_files("network", networkd.network, network.networks),
        Placed(_SETTINGS, text, stand_in="sysctl.d rendered from options"),
        Placed(_FORGET, _FORGET_TEXT, 0o755, stand_in="the kernel's settings as at the boot"),
    )
    units = ("systemd-sysctl.service", "systemd-networkd.service")
    # NixOS has this one wanted by network-online.target
    waited = ("systemctl", "enable", "--quiet", "systemd-networkd-wait-online.service")
    return Furnishing(files, commands=((_FORGET,), waited), units=units)


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
            yield Placed(f"{networkd.FOLDER}/{name}.{kind}", render(options), stand_in=STAND_IN)
