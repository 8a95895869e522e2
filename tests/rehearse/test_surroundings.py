"""What stands around a host is computed from the inventory, without two machines at one address."""

from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.expectations.base import Expectation
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import Inventory, load
from sovereign.rehearse.surroundings import Surroundings, surroundings
from sovereign.rehearse.wiring import wire

STATIC = 'nic = "uplink"\nzone = "internet"'


@pytest.fixture(scope="module")
def cloudlab() -> Inventory:
    return load(ROOT)


def around(inventory: Inventory) -> Surroundings:
    return surroundings(inventory, "cloudlab", expected(inventory))


def expected(inventory: Inventory) -> tuple[Expectation, ...]:
    return expect_host(inventory, "cloudlab").expectations


def with_uplink(folder: Path, address: str) -> Inventory:
    """Cloudlab with an address of its own at the uplink."""
    hosts = folder / "hosts"
    (hosts / "cloudlab").mkdir(parents=True)
    for name in ("fleet.toml", "cloudlab/host.toml"):
        text = (ROOT / "hosts" / name).read_text("utf-8")
        assert name == "fleet.toml" or STATIC in text
        (hosts / name).write_text(text.replace(STATIC, f'{STATIC}\naddress = "{address}"'), "utf-8")
    return load(folder)


def test_every_zone_has_somebody_in_it(cloudlab: Inventory) -> None:
    found = around(cloudlab)
    zones = {found.uplink.zone, *(one.zone for one in found.neighbours)}
    zones |= {end.zone for end in found.far_ends}
    assert zones == set(cloudlab.fleet.zones)
    assert found.dhcp


def test_whom_a_flow_calls_is_there(cloudlab: Inventory) -> None:
    found = around(cloudlab)
    data = next(one for one in found.neighbours if one.zone == "data")
    assert [str(address) for address in data.addresses] == ["10.20.0.10/24"]
    assert [str(address.ip) for address in found.uplink.addresses] == [
        "198.51.100.1",
        "203.0.113.10",
    ]


def test_who_is_called_by_name_is_known(cloudlab: Inventory) -> None:
    assert list(around(cloudlab).names) == ["minnesota-server"]


@pytest.mark.parametrize("address", ["198.51.100.2/24", "203.0.113.10/24", "203.0.113.3/28"])
def test_no_address_is_given_twice(tmp_path: Path, address: str) -> None:
    found = around(with_uplink(tmp_path, address))
    given = [found.uplink.host_address, *(one.ip for one in found.uplink.addresses)]
    given += [end.address for end in found.far_ends]
    assert len(set(given)) == len(given)
    assert not found.dhcp


def test_every_machine_has_a_network_of_its_own(cloudlab: Inventory) -> None:
    made = [argv[3] for argv in wire(around(cloudlab)) if argv[:3] == ("ip", "netns", "add")]
    assert len(set(made)) == len(made)
    assert {"host", "at-data", "far-minnesota", "far-gateway"} <= set(made)
