"""Whether anybody can call, and the zones that tunnels stand in."""

import pytest

from sovereign.review import wireguard

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

HOME = 'path = "/persist/secrets/wireguard/home.key" }'
VPN = 'path = "/persist/secrets/wireguard/vpn.key" }'
CALLED = f'{HOME}\nendpoint = "cloudlab.example.org:51821"'
KEEPALIVE = 'allowed_ips = ["10.0.0.2/32"]\nkeepalive = "25s"'

FOUND = [
    Case(
        wireguard.no_keepalive,
        '"minnesota"',
        '"minnesota" cannot reach this host once tunnel "vpn" has been silent',
        fleet=((KEEPALIVE, 'allowed_ips = ["10.0.0.2/32"]'),),
    ),
    Case(
        wireguard.no_address_in_zone,
        '["192.168.7.0/24"]',
        'site "minnesota" has no address in zone "vpn"',
        fleet=(('allowed_ips = ["10.0.0.2/32"]', 'allowed_ips = ["192.168.7.0/24"]'),),
    ),
    Case(
        wireguard.zone_of_another_kind,
        '"data"',
        'zone "data" of tunnel "home" is VLAN 20',
        fleet=(('zone = "home"', 'zone = "data"'),),
    ),
    Case(
        wireguard.zone_of_another_kind,
        '"internet"',
        'zone "internet" of tunnel "home" is the internet',
        fleet=(('zone = "home"', 'zone = "internet"'),),
    ),
]

SOUND = [
    Sound(wireguard.nobody_can_call, "the host can be called", ((HOME, CALLED),)),
    Sound(
        wireguard.nobody_can_call,
        "the site can be called",
        fleet=(
            ('allowed_ips = ["10.1.0.2/32"', 'endpoint = "home:1"\nallowed_ips = ["10.1.0.2/32"'),
        ),
    ),
    Sound(
        wireguard.no_keepalive,
        "who can be called need not keep a way open",
        ((VPN, f'{VPN}\nendpoint = "cloudlab.example.org:51820"'),),
        ((KEEPALIVE, 'allowed_ips = ["10.0.0.2/32"]'),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_a_tunnel_does_not_come_up(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_a_tunnel_comes_up(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_neither_end_can_be_called(committed: Draft) -> None:
    draft = committed.fleet('endpoint = "minnesota-server:51820"\n', "").host(HOME, CALLED)
    found = draft.finding(wireguard.nobody_can_call)
    assert found.message == 'neither this host nor "minnesota" has an endpoint on tunnel "vpn"'
    assert draft.place(found).marked == '"minnesota"'
    assert '"cloudlab.example.org:51820"' in found.fix
