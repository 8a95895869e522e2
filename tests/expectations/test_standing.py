"""Where a host stands, and which address stands for a zone."""

from pathlib import Path

import pytest

from fleets import FLEET, HOST, copy_with
from sovereign.expectations.standing import address_in, addresses_in, member_of, services, zones_of
from sovereign.inventory.load import Inventory, load


@pytest.mark.parametrize(
    ("zone", "member"),
    [
        ("vpn", "10.0.0.2"),  # where an operator comes from
        ("management", "10.10.0.10"),
        ("home", "10.1.0.2"),  # a peer
        ("data", "10.20.0.10"),  # nobody is known
        ("internet", "203.0.113.10"),
    ],
)
def test_a_member_stands_for_its_zone(fleet: Inventory, zone: str, member: str) -> None:
    assert member_of(fleet, "cloudlab", zone) == member


@pytest.mark.parametrize(
    ("prefix", "address", "member"),
    [
        ("10.20.0.0/24", "10.20.0.10/24", "10.20.0.11"),
        ("10.20.0.0/30", "10.20.0.1/30", "10.20.0.2"),
        ("10.20.0.0/31", "10.20.0.0/31", "10.20.0.1"),
        ("10.20.0.0/32", "10.20.0.0/32", "203.0.113.10"),
        ("10.20.0.0/28", "10.20.0.10/28", "10.20.0.11"),
    ],
)
def test_it_is_never_the_host_itself(
    prefix: str, address: str, member: str, tmp_path: Path
) -> None:
    edits = {
        HOST: {'address = "10.20.0.2/24"': f'address = "{address}"'},
        FLEET: {'prefix = "10.20.0.0/24"': f'prefix = "{prefix}"'},
    }
    assert member_of(load(copy_with(tmp_path, edits)), "cloudlab", "data") == member


def test_a_peer_that_leads_everywhere_is_no_member_of_a_zone(tmp_path: Path) -> None:
    edits = {FLEET: {'["10.1.0.2/32", "192.168.1.0/24"]': '["0.0.0.0/0"]'}}
    assert member_of(load(copy_with(tmp_path, edits)), "cloudlab", "home") == "10.1.0.10"


def test_addresses_that_dhcp_gives_are_not_known(fleet: Inventory) -> None:
    host = fleet.hosts["cloudlab"]
    assert address_in(fleet.fleet, host, "internet") == ""
    assert addresses_in(fleet.fleet, host, ["internet", "data"]) is None
    assert addresses_in(fleet.fleet, host, ["data", "vpn"]) == ("10.20.0.2", "10.0.0.1")


def test_services_and_zones(fleet: Inventory) -> None:
    host = fleet.hosts["cloudlab"]
    assert zones_of(fleet.fleet, host) == ("internet", "management", "data", "ai", "vpn", "home")
    assert [(it.key, it.port, it.zones) for it in services(fleet.fleet, host)] == [
        (("access", "ssh"), 22, ("vpn", "management")),
        (("samba",), 445, ("vpn", "data")),
        (("database",), 5432, ("data", "vpn")),
        (("emily",), 8600, ("vpn",)),
        (("emily", "bus"), 7447, ()),
    ]
