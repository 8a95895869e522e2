"""Which packets a tunnel sends to whom, and which routes it makes."""

import pytest

from sovereign.review import allowed_ips

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

KEY = "tQprAFrL8QbE49ZoJqpQJRjVcVXslKtB4Fcso8CSaWc="
MINNESOTA = 'allowed_ips = ["10.0.0.2/32"]'
GATEWAY = 'allowed_ips = ["10.1.0.2/32", "192.168.1.0/24"]'
BOTH = (('peers = ["minnesota"]', 'peers = ["minnesota", "texas"]'),)


def texas(networks: str) -> str:
    return (
        f'[tunnels.vpn.peers.texas]\npublic_key = "{KEY}"\nallowed_ips = [{networks}]\n'
        'endpoint = "texas:51820"\nkeepalive = "25s"\nlink = "1Gbit/s"'
    )


FOUND = [
    Case(
        allowed_ips.same_allowed_ips,
        '"10.0.0.2/32"',
        '"minnesota" and "texas" both claim 10.0.0.2/32 on tunnel "vpn"',
        BOTH,
        fleet_end=texas('"10.0.0.2/32"'),
    ),
    Case(
        allowed_ips.same_allowed_ips,
        '"10.0.0.1/32"',
        '10.0.0.1/32 of site "minnesota" is the address of host "cloudlab"',
        fleet=((MINNESOTA, 'allowed_ips = ["10.0.0.1/32"]'),),
    ),
    Case(
        allowed_ips.wide_allowed_ips,
        '"10.50.0.0/16"',
        '10.50.0.0/16 of "texas" holds 10.50.7.0/24 of "minnesota"',
        BOTH,
        ((MINNESOTA, 'allowed_ips = ["10.0.0.2/32", "10.50.7.0/24"]'),),
        fleet_end=texas('"10.0.0.3/32", "10.50.0.0/16"'),
    ),
    # The documents' own line for the site in Minnesota.
    Case(
        allowed_ips.wide_allowed_ips,
        '"10.0.0.0/24"',
        '10.0.0.0/24 of site "minnesota" holds the address of host "cloudlab"',
        fleet=((MINNESOTA, 'allowed_ips = ["10.0.0.0/24"]'),),
    ),
    Case(
        allowed_ips.default_route,
        '"0.0.0.0/0"',
        'all traffic would go to site "minnesota"',
        fleet=((MINNESOTA, 'allowed_ips = ["0.0.0.0/0"]'),),
    ),
    Case(
        allowed_ips.takes_own_network,
        '"gateway"',
        '10.20.0.128/25 behind "gateway" is in 10.20.0.0/24, where the host itself stands',
        fleet=((GATEWAY, 'allowed_ips = ["10.1.0.2/32", "10.20.0.128/25"]'),),
    ),
    Case(
        allowed_ips.speaks_for_own_network,
        '"gateway"',
        '10.16.0.0/12 behind "gateway" holds 10.20.0.0/24',
        (
            ('management = { nic = "uplink", address = "10.10.0.2/24" }\n', ""),
            ('ai = { nic = "uplink", address = "10.30.0.2/24" }\n', ""),
        ),
        ((GATEWAY, 'allowed_ips = ["10.1.0.2/32", "10.16.0.0/12"]'),),
    ),
    Case(
        allowed_ips.same_route_twice,
        '"gateway"',
        '192.168.1.0/24 is behind "minnesota" on tunnel "vpn" and behind "gateway" on "home"',
        fleet=((MINNESOTA, 'allowed_ips = ["10.0.0.2/32", "192.168.1.0/24"]'),),
    ),
]

SOUND = [
    Sound(
        allowed_ips.same_allowed_ips,
        "no host talks to both",
        fleet_end=texas('"10.0.0.2/32"'),
    ),
    Sound(
        allowed_ips.same_allowed_ips,
        "each has its own",
        BOTH,
        fleet_end=texas('"10.0.0.3/32"'),
    ),
    Sound(
        allowed_ips.takes_own_network,
        "the host does not talk to that site",
        fleet_end=texas('"10.0.0.3/32", "10.20.0.0/24"'),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_addresses_go_elsewhere(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_addresses_have_one_owner(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_hosts_whose_addresses_a_site_holds_are_counted(committed: Draft) -> None:
    draft = (
        committed.twin("ember")
        .host('address = "10.0.0.1/24"', 'address = "10.0.0.9/24"', name="ember")
        .fleet(MINNESOTA, 'allowed_ips = ["10.0.0.0/28"]')
    )
    found = draft.finding(allowed_ips.wide_allowed_ips)
    assert found.message.endswith('holds the address of host "cloudlab" and 1 more')
