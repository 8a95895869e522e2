"""network.nix: links, VLANs, routes, forwarding and tuning."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outputs import cloudlab_with, files
from sovereign.generators.network import generate
from sovereign.inventory.load import Inventory

ADDRESS = 'nic = "uplink"\nzone = "internet"\n'


def unit(text: str, name: str) -> str:
    """The text of one of the units in network.nix."""
    return text.partition(f"{name} = {{\n")[2].partition("\n      };\n")[0]


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("network/network.nix", files(generate, example, "small")["network.nix"])


def test_the_uplink_by_dhcp_carries_the_vlans(fleet: Inventory) -> None:
    uplink = unit(files(generate, fleet, "cloudlab")["network.nix"], '"30-uplink"')
    assert 'DHCP = "ipv4";' in uplink
    assert (
        'vlan = [\n          "management"\n          "data"\n          "ai"\n        ];' in uplink
    )


def test_a_static_uplink_has_address_gateway_and_mtu(tmp_path: Path) -> None:
    static = f'{ADDRESS}address = "198.51.100.7/24"\ngateway = "198.51.100.1"\nmtu = 9000\n'
    text = cloudlab_with(generate, tmp_path, host={ADDRESS: static})["network.nix"]
    uplink = unit(text, '"30-uplink"')
    assert "DHCP" not in uplink
    assert 'address = [ "198.51.100.7/24" ];' in uplink
    assert 'gateway = [ "198.51.100.1" ];' in uplink
    assert 'linkConfig.MTUBytes = "9000";' in uplink


def test_a_port_for_vlans_alone_has_no_address_and_is_not_waited_for(tmp_path: Path) -> None:
    edit = {
        "[hardware.disks]": '[hardware.nics.trunk]\nmac = "3c:fd:fe:0c:22:06"\n'
        'rate = "10Gbit/s"\n\n[hardware.disks]',
        'ai = { nic = "uplink"': 'ai = { nic = "trunk"',
    }
    text = cloudlab_with(generate, tmp_path, host=edit)["network.nix"]
    trunk = unit(text, '"30-trunk"')
    assert 'vlan = [ "ai" ];' in trunk
    assert "address" not in trunk
    assert 'networkConfig.LinkLocalAddressing = "no";' in trunk
    assert "linkConfig.RequiredForOnline = false;" in trunk
    assert 'matchConfig.PermanentMACAddress = "3c:fd:fe:0c:22:06";' in unit(text, '"10-trunk"')


@pytest.mark.parametrize(
    ("name", "waited_for"),
    [
        ('"30-uplink"', True),
        ('"40-data"', True),  # a zone of Samba's
        ('"40-management"', False),
        ('"40-ai"', False),
        ('"40-wg-home"', False),
    ],
)
def test_online_means_the_uplink_and_what_smbd_binds_to(
    fleet: Inventory, name: str, waited_for: bool
) -> None:
    text = files(generate, fleet, "cloudlab")["network.nix"]
    assert ("RequiredForOnline = false;" not in unit(text, name)) == waited_for
    assert "wg-vpn" not in text


@pytest.mark.parametrize(
    ("gateway", "name"),
    [("10.20.0.9", '"40-data"'), ("10.0.0.2", '"40-wg-vpn"'), ("203.0.113.1", '"30-uplink"')],
)
def test_a_route_belongs_to_the_link_of_its_gateway(
    tmp_path: Path, gateway: str, name: str
) -> None:
    route = f'[[network.routes]]\nto = "172.16.0.0/12"\nvia = "{gateway}"\n\n[network.tuning]'
    text = cloudlab_with(generate, tmp_path, host={"[network.tuning]": route})["network.nix"]
    assert f'Destination = "172.16.0.0/12";\n            Gateway = "{gateway}";' in unit(text, name)


def test_a_host_forwards_only_what_a_policy_lets_through(tmp_path: Path, fleet: Inventory) -> None:
    forwarding = '"net.ipv4.conf.all.forwarding" = true;'
    assert forwarding in files(generate, fleet, "cloudlab")["network.nix"]
    rows = ('[policy.management]\nai = ["https"]', '[policy.ai]\nhome = ["https"]')
    closed = {row: row.replace('["https"]', "[]") for row in rows} | {
        'management = ["https"]\ndata = ["postgresql"]\nai = ["https"]': ""
    }
    assert forwarding not in cloudlab_with(generate, tmp_path, fleet=closed)["network.nix"]


def test_tuning_is_what_the_inventory_says(tmp_path: Path) -> None:
    edit = {
        'congestion = "bbr"': 'congestion = "cubic"',
        "ecn = true": "ecn = false",
        'receive_buffer = "128MiB"': 'receive_buffer = "16MiB"',
    }
    text = cloudlab_with(generate, tmp_path, host=edit)["network.nix"]
    assert '"net.ipv4.tcp_congestion_control" = "cubic";' in text
    assert "tcp_bbr" not in text
    assert "tcp_ecn" not in text
    assert '"net.core.rmem_max" = 16777216;' in text
    assert '"net.ipv4.tcp_rmem" = "4096 131072 16777216";' in text
    assert '"net.ipv4.tcp_wmem" = "4096 16384 134217728";' in text
