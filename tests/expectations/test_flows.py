"""Who reaches whom: every pair of zones and every port of the ledger is judged once."""

from collections.abc import Mapping

from expected import of_type
from sovereign.expectations.base import Expectation
from sovereign.expectations.flow import Flow
from sovereign.inventory.load import Inventory

LEDGER = (22, 443, 445, 3000, 3001, 3002, 5000, 5432, 6333, 7447, 8000, 8080, 8081, 8082)
LEDGER += (8090, 8091, 8092, 8600)

OWN = {
    "internet": "",
    "management": "10.10.0.2",
    "data": "10.20.0.2",
    "ai": "10.30.0.2",
    "vpn": "10.0.0.1",
    "home": "10.1.0.1",
}
"""The host's address in each zone."""


def test_from_each_zone_every_port_is_judged_once_on_the_way_to_the_host_and_to_each_other(
    cloudlab: Mapping[str, Expectation], fleet: Inventory
) -> None:
    judged: dict[tuple[str, str], list[int]] = {}
    for flow in of_type(cloudlab, Flow):
        if flow.destination != "host" or flow.address == OWN[flow.source]:
            judged.setdefault((flow.source, flow.destination), []).extend(flow.ports)
    zones = set(fleet.fleet.zones)
    assert set(judged) == {(a, b) for a in zones for b in zones - {a} | {"host"}}
    for pair, ports in judged.items():
        assert sorted(ports) == sorted(LEDGER), pair


def test_the_hosts_other_addresses_open_nothing_more(cloudlab: Mapping[str, Expectation]) -> None:
    flows = of_type(cloudlab, Flow)
    for source, own in OWN.items():
        opened = {
            port
            for flow in flows
            if (flow.source, flow.destination) == (source, "host") and flow.allowed
            for port in flow.ports
        }
        for address in set(OWN.values()) - {own, ""}:
            shut = [flow for flow in flows if (flow.source, flow.address) == (source, address)]
            assert [(flow.allowed, set(flow.ports)) for flow in shut] == [
                (False, set(LEDGER) - opened)
            ]


def test_what_is_allowed_is_what_services_and_policy_say(
    cloudlab: Mapping[str, Expectation],
) -> None:
    allowed = {
        (flow.source, flow.destination, flow.ports[0])
        for flow in of_type(cloudlab, Flow)
        if flow.allowed
    }
    assert allowed == {
        ("vpn", "host", 22),
        ("management", "host", 22),
        ("vpn", "host", 445),
        ("data", "host", 445),
        ("vpn", "host", 5432),
        ("data", "host", 5432),
        ("vpn", "host", 8600),
        ("management", "ai", 443),
        ("vpn", "management", 443),
        ("vpn", "data", 5432),
        ("vpn", "ai", 443),
        ("ai", "home", 443),
    }
