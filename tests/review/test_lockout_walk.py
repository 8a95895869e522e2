"""The ways to a host that lead through other hosts, rival sites and the internet."""

from sovereign.review import lockout
from sovereign.review.lockout_walk import ways

from .conftest import Draft
from .test_lockout import SSH, VPN_END, VPN_REACH, only


def test_the_way_leads_through_another_host(committed: Draft) -> None:
    draft = (
        only(committed, VPN_REACH)
        .fleet(VPN_REACH, '{ zone = "vpn", address = "10.0.0.7" }')
        .twin("ember")
        .host(VPN_END, 'address = "10.0.0.7/24"', name="ember")
    )
    chains = {way.cut.says for way in ways(draft.inventory(), "cloudlab") if way.cut}
    assert chains == {"neither this host nor ember has an endpoint on wg-vpn"}
    for name in ("ember", "cloudlab"):
        called = draft.host(
            'vpn.key" }\npeers = ["minnesota"]',
            f'vpn.key" }}\nendpoint = "{name}.example.org:51820"\npeers = ["minnesota"]',
            name=name,
        )
        assert [way.cut for way in ways(called.inventory(), "cloudlab")] == [None]


def test_an_address_that_no_host_has_comes_through_no_tunnel(committed: Draft) -> None:
    draft = only(committed, VPN_REACH).fleet(VPN_REACH, '{ zone = "vpn", address = "10.0.0.7" }')
    found = draft.finding(lockout.locked_out)
    assert "no other host has 10.0.0.7" in found.message
    assert draft.place(found).marked == '["minnesota"]'


def test_the_address_of_another_host_does_not_come_from_a_site(committed: Draft) -> None:
    draft = (
        only(committed, VPN_REACH)
        .twin("ember")
        .host(VPN_END, 'address = "10.0.0.2/24"', name="ember")
    )
    cuts = [way.cut.says for way in ways(draft.inventory(), "cloudlab") if way.cut]
    assert cuts == ['10.0.0.2 is the address of ember on tunnel "vpn"']


def test_of_two_equal_claims_the_later_site_gets_the_address(committed: Draft) -> None:
    draft = (
        only(committed, VPN_REACH)
        .host('vpn.key" }\npeers = ["minnesota"]', 'vpn.key" }\npeers = ["minnesota", "texas"]')
        .add_to_fleet(
            "[tunnels.vpn.peers.texas]\n"
            'public_key = "tQprAFrL8QbE49ZoJqpQJRjVcVXslKtB4Fcso8CSaWc="\n'
            'allowed_ips = ["10.0.0.2/32"]\nlink = "1Gbit/s"'
        )
    )
    found = draft.finding(lockout.locked_out)
    assert found.message.endswith(
        '10.0.0.2 is in 10.0.0.2/32 of "texas", which takes it from "minnesota"'
    )
    assert draft.place(found).marked == '"10.0.0.2/32"'


def test_who_comes_from_the_internet_is_answered_by_the_uplink(committed: Draft) -> None:
    draft = (
        only(committed, VPN_REACH)
        .fleet(VPN_REACH, '{ zone = "internet", address = "203.0.113.9" }')
        .host(SSH, '[access.ssh]\nzones = ["internet"]')
    )
    assert [way.cut for way in ways(draft.inventory(), "cloudlab")] == [None]
    static = draft.host(
        '[network.uplink]\nnic = "uplink"\nzone = "internet"',
        '[network.uplink]\nnic = "uplink"\nzone = "internet"\naddress = "198.51.100.7/24"',
    )
    found = static.finding(lockout.locked_out)
    assert found.message.endswith("way back: no route leads to 203.0.113.9")
    assert static.place(found).marked == "[network.uplink]"
    listening = draft.host(
        'zones = ["internet"]\n\n[upkeep]',
        'zones = ["internet"]\nlisten = ["10.0.0.1"]\n\n[upkeep]',
    )
    found = listening.finding(lockout.locked_out)
    assert found.message.endswith("does not listen on the address of uplink, which DHCP gives")
