"""How hosts are wired, and where their disks are found."""

from pathlib import Path

import pytest

from fleets import HOST, ROOT, copy_with
from sovereign.inventory.devices import device, layout_of, left_over, pool_members
from sovereign.inventory.load import Inventory, load
from sovereign.inventory.topology import interfaces_by_zone, links, tunnel_peers

GIB = 1024**3


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return load(ROOT)


def test_every_link_has_an_interface_and_a_zone(inventory: Inventory) -> None:
    host = inventory.hosts["cloudlab"]
    found = {
        (link.interface, link.zone, str(link.address)) for link in links(inventory.fleet, host)
    }
    assert found == {
        ("uplink", "internet", "None"),
        ("management", "management", "10.10.0.2/24"),
        ("data", "data", "10.20.0.2/24"),
        ("ai", "ai", "10.30.0.2/24"),
        ("wg-vpn", "vpn", "10.0.0.1/24"),
        ("wg-home", "home", "10.1.0.1/24"),
    }
    assert interfaces_by_zone(inventory.fleet, host)["vpn"] == ("wg-vpn",)


def two_hosts(tmp_path: Path, endpoint: str) -> Inventory:
    root = copy_with(tmp_path, {})
    text = (root / HOST).read_text("utf-8")
    other = text.replace("10.0.0.1/24", "10.0.0.9/24").replace("10.1.0.1/24", "10.1.0.9/24")
    (root / "hosts" / "other").mkdir()
    (root / "hosts" / "other" / "host.toml").write_text(
        other.replace('peers = ["minnesota"]', endpoint), "utf-8"
    )
    return load(root)


def test_hosts_of_a_tunnel_are_peers_when_one_can_be_called(tmp_path: Path) -> None:
    inventory = two_hosts(tmp_path, 'endpoint = "other.example:51820"')
    peers = list(tunnel_peers(inventory, "cloudlab", "vpn"))
    assert [(p.name, p.endpoint, [str(n) for n in p.allowed_ips]) for p in peers] == [
        ("minnesota", "minnesota-server:51820", ["10.0.0.2/32"]),
        ("other", "other.example:51820", ["10.0.0.9/32"]),
    ]
    back = list(tunnel_peers(inventory, "other", "vpn"))
    assert [(p.name, p.endpoint) for p in back] == [("cloudlab", None)]


def test_hosts_that_nobody_can_call_are_no_peers(tmp_path: Path) -> None:
    inventory = two_hosts(tmp_path, "")
    assert [p.name for p in tunnel_peers(inventory, "cloudlab", "vpn")] == ["minnesota"]
    assert list(tunnel_peers(inventory, "other", "vpn")) == []


def test_a_partition_is_found_by_its_label_and_a_disk_by_its_id(inventory: Inventory) -> None:
    host = inventory.hosts["cloudlab"]
    assert device(host, "nvme-a.swap").path == "/dev/disk/by-partlabel/disk-nvme-a-swap"
    assert device(host, "nvme-a.swap").size == 32 * GIB
    assert device(host, "hdd-14").path == "/dev/disk/by-id/ata-HDD_14"
    assert layout_of(host, "hdd-1") is None


def test_rest_is_what_the_other_partitions_leave(inventory: Inventory) -> None:
    host = inventory.hosts["cloudlab"]
    rest = device(host, "nvme-b.rpool").size
    assert rest == left_over(host, "nvme-b")
    assert rest % 1024**2 == 0
    assert 1566 * GIB < rest < 1566.02 * GIB


def test_a_pools_members_are_all_that_it_uses(inventory: Inventory) -> None:
    host = inventory.hosts["cloudlab"]
    members = list(pool_members(host, "ember"))
    assert len(members) == 16
    assert {"hdd-1", "hdd-14", "nvme-a.special", "nvme-b.special"} <= set(members)
