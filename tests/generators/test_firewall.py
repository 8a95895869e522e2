"""firewall.nix, zones.nft and forward.nft; on a real kernel: test_firewall_kernel.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outputs import cloudlab_with, files
from sovereign.generators.firewall import generate
from sovereign.inventory.load import Inventory

VPN_POLICY = 'data = ["postgresql"]'


@pytest.mark.parametrize("name", ["firewall.nix", "zones.nft", "forward.nft"])
def test_example(example: Inventory, golden: Callable[[str, str], None], name: str) -> None:
    golden(f"firewall/{name}", files(generate, example, "small")[name])


def opened(text: str) -> list[str]:
    """The lines of firewall.nix that open ports, each on one line."""
    joined = " ".join(text.split()).partition("interfaces = {")[2]
    return [line.strip() for line in joined.partition("}")[0].split(";") if line.strip()]


def test_services_are_open_on_the_interfaces_of_their_zones_alone(fleet: Inventory) -> None:
    assert opened(files(generate, fleet, "cloudlab")["firewall.nix"]) == [
        "data.allowedTCPPorts = [ 445 5432 ]",
        "management.allowedTCPPorts = [ 22 ]",
        "uplink.allowedUDPPorts = [ 51820 51821 ]",
        "wg-vpn.allowedTCPPorts = [ 22 445 5432 8600 ]",
    ]


def test_a_zone_in_which_the_host_does_not_stand_opens_nothing(tmp_path: Path) -> None:
    edit = {'management = { nic = "uplink", address = "10.10.0.2/24" }\n': ""}
    made = cloudlab_with(generate, tmp_path, host=edit)
    assert "management" not in made["firewall.nix"]
    assert "management" not in made["zones.nft"]


@pytest.mark.parametrize(
    ("services", "rules"),
    [
        ('["https", "ssh"]', ["tcp dport { 22, 443 }"]),
        ('["https", "https"]', ["tcp dport 443"]),
        ('["wireguard-vpn", "https"]', ["tcp dport 443", "udp dport 51820"]),
        ("[]", []),
    ],
)
def test_a_row_of_the_policy_is_a_rule_for_each_protocol(
    tmp_path: Path, services: str, rules: list[str]
) -> None:
    made = cloudlab_with(generate, tmp_path, fleet={VPN_POLICY: f"data = {services}"})
    start = 'iifname "wg-vpn" oifname "data" '
    lines = [line.strip() for line in made["zones.nft"].splitlines() if start in line]
    assert lines == [f'{start}{rule} accept comment "vpn to data"' for rule in rules]


def test_a_zone_on_two_interfaces_is_a_set(tmp_path: Path) -> None:
    fleet = {'home = { prefix = "10.1.0.0/24"': 'spare = { prefix = "10.1.0.0/24"'}
    fleet |= {'zone = "home"': 'zone = "vpn"', 'home = ["https"]': 'vpn = ["https"]'}
    zones = cloudlab_with(generate, tmp_path, fleet=fleet)["zones.nft"]
    assert 'iifname { "wg-home", "wg-vpn" } oifname "data" tcp dport 5432' in zones
    assert 'iifname "ai" oifname { "wg-home", "wg-vpn" } tcp dport 443' in zones
