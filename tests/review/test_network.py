"""A host's addresses, gateways, routes and name servers."""

import pytest

from sovereign.review import network

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

UPLINK = '[network.uplink]\nnic = "uplink"\nzone = "internet"'
DATA = 'address = "10.20.0.2/24"'


def uplink(text: str) -> tuple[tuple[str, str]]:
    return ((UPLINK, f"{UPLINK}\n{text}"),)


STATIC = 'address = "198.51.100.7/24"\ngateway = "198.51.100.1"'

FOUND = [
    Case(
        network.outside_its_zone,
        '"10.21.0.2/24"',
        '10.21.0.2 is not in zone "data"\nthe zone is 10.20.0.0/24: 10.20.0.0 to 10.20.0.255',
        ((DATA, 'address = "10.21.0.2/24"'),),
    ),
    Case(
        network.outside_its_zone,
        '"10.9.0.1/24"',
        '10.9.0.1 is not in zone "vpn"',
        (('address = "10.0.0.1/24"', 'address = "10.9.0.1/24"'),),
    ),
    Case(
        network.other_prefix_length,
        '"10.20.0.2/16"',
        "its own network is 10.20.0.0/16",
        ((DATA, 'address = "10.20.0.2/16"'),),
    ),
    Case(
        network.network_or_broadcast,
        '"10.20.0.0/24"',
        "10.20.0.0 is the network address of 10.20.0.0/24",
        (('address = "10.20.0.2/24" }\nai', 'address = "10.20.0.0/24" }\nai'),),
    ),
    Case(
        network.network_or_broadcast,
        '"10.20.0.255/24"',
        "10.20.0.255 is the broadcast address",
        ((DATA, 'address = "10.20.0.255/24"'),),
    ),
    Case(
        network.same_network_twice,
        '"10.20.0.3/24"',
        "data and uplink stand in the same network",
        (
            *uplink('address = "10.20.0.2/16"\ngateway = "10.20.0.1"'),
            (DATA, 'address = "10.20.0.3/24"'),
        ),
    ),
    Case(
        network.gateway_out_of_reach,
        '"198.51.101.1"',
        "the gateway 198.51.101.1 is not in 198.51.100.0/24",
        uplink('address = "198.51.100.7/24"\ngateway = "198.51.101.1"'),
    ),
    Case(
        network.gateway_out_of_reach,
        '"198.51.100.7"',
        "the gateway 198.51.100.7 is the host's own address",
        uplink('address = "198.51.100.7/24"\ngateway = "198.51.100.7"'),
    ),
    Case(
        network.half_static,
        '"198.51.100.1"',
        "comes by DHCP, and the gateway with it",
        uplink('gateway = "198.51.100.1"'),
    ),
    Case(
        network.half_static,
        "[network.uplink]",
        "a static address and no gateway",
        uplink('address = "198.51.100.7/24"'),
    ),
    Case(
        network.route_out_of_reach,
        '"198.51.101.1"',
        "no interface of the host reaches 198.51.101.1",
        uplink(f'{STATIC}\n[[network.routes]]\nto = "10.99.0.0/16"\nvia = "198.51.101.1"'),
    ),
    Case(
        network.route_out_of_reach,
        '"10.20.0.2"',
        "10.20.0.2 is the host's own address",
        host_end='[[network.routes]]\nto = "10.99.0.0/16"\nvia = "10.20.0.2"',
    ),
    Case(
        network.no_name_servers,
        "[]",
        "no name server is given",
        (*uplink(STATIC), ('name_servers = ["9.9.9.9", "149.112.112.112"]', "name_servers = []")),
    ),
]

SOUND = [
    Sound(network.gateway_out_of_reach, "a gateway of the uplink's network", uplink(STATIC)),
    Sound(network.half_static, "address and gateway", uplink(STATIC)),
    Sound(
        network.route_out_of_reach,
        "a gateway in a VLAN",
        host_end='[[network.routes]]\nto = "10.99.0.0/16"\nvia = "10.20.0.1"',
    ),
    Sound(
        network.route_out_of_reach,
        "a gateway in a network that DHCP brings",
        host_end='[[network.routes]]\nto = "10.99.0.0/16"\nvia = "198.51.100.1"',
    ),
    Sound(
        network.no_name_servers,
        "DHCP brings them",
        (('name_servers = ["9.9.9.9", "149.112.112.112"]', "name_servers = []"),),
    ),
    Sound(
        network.network_or_broadcast,
        "both addresses of a /31 are hosts",
        (('address = "10.0.0.1/24"', 'address = "10.0.0.0/31"'),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_an_address_is_no_good(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_an_address_is_sound(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_a_gateway_in_a_zone_where_the_host_does_not_stand(committed: Draft) -> None:
    draft = committed.host('ai = { nic = "uplink", address = "10.30.0.2/24" }\n', "").add_to_host(
        '[[network.routes]]\nto = "10.99.0.0/16"\nvia = "10.30.0.1"'
    )
    assert draft.marked(network.route_out_of_reach) == '"10.30.0.1"'
