"""The texts of networkd, sysctl.d, wg and TOML that NixOS renders from options."""

import tomllib
from configparser import ConfigParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.rehearse.render import networkd, sysctl, toml_settings, wireguard_conf
from sovereign.rehearse.render.wireguard_conf import Peer

NETWORKS = {
    "an address": (
        {
            "matchConfig": {"Name": "data"},
            "linkConfig": {"RequiredForOnline": False},
            "networkConfig": {"IPv6AcceptRA": False},
            "address": ["10.20.0.2/24", "10.20.0.3/24"],
        },
        "[Match]\nName=data\n[Link]\nRequiredForOnline=false\n"
        "[Network]\nIPv6AcceptRA=false\nAddress=10.20.0.2/24\nAddress=10.20.0.3/24\n\n",
    ),
    "an uplink with VLANs, by NixOS's short options": (
        {"name": "uplink", "DHCP": "ipv4", "vlan": ["management", "data"]},
        "[Match]\nName=uplink\n[Network]\nDHCP=ipv4\nVLAN=management\nVLAN=data\n\n",
    ),
    "the same, as NixOS has evaluated it": (
        {
            "name": None,
            "matchConfig": {"Name": "uplink"},
            "networkConfig": {"DHCP": "ipv4"},
            "DHCP": "ipv4",
            "dns": [],
            "routes": [],
        },
        "[Match]\nName=uplink\n[Network]\nDHCP=ipv4\n\n",
    ),
    "sections of a list, and lists of values": (
        {
            "matchConfig": {"Name": ["a", "b"]},
            "routes": [{"Destination": "10.0.0.0/8", "Gateway": "10.0.0.1"}, {"Metric": 5}],
            "dhcpV4Config": {"UseDNS": True},
            "extraConfig": "[X]\ny=1\n",
        },
        "[Match]\nName=a\nName=b\n[Network]\n\n[Route]\nDestination=10.0.0.0/8\nGateway=10.0.0.1\n"
        "[Route]\nMetric=5\n[DHCPv4]\nUseDNS=true\n[X]\ny=1\n",
    ),
}
NETDEVS = {
    "a VLAN": (
        {"netdevConfig": {"Name": "ai", "Kind": "vlan"}, "vlanConfig": {"Id": 30}},
        "[NetDev]\nKind=vlan\nName=ai\n[VLAN]\nId=30\n",
    ),
    "a tunnel with two peers": (
        {
            "netdevConfig": {"Kind": "wireguard", "Name": "wg"},
            "wireguardConfig": {"ListenPort": 51820, "RouteTable": "main"},
            "wireguardPeers": [
                {"PublicKey": "a", "AllowedIPs": ["10.0.0.0/8"]},
                {"PublicKey": "b"},
            ],
        },
        "[NetDev]\nKind=wireguard\nName=wg\n[WireGuard]\nListenPort=51820\nRouteTable=main\n"
        "[WireGuardPeer]\nAllowedIPs=10.0.0.0/8\nPublicKey=a\n[WireGuardPeer]\nPublicKey=b\n",
    ),
}
KEY = "pI/uvc25wsmPXE082SPVT80RkPiCKRdr/npq8DvNy5E="


@pytest.mark.parametrize("case", NETWORKS)
def test_a_network_is_written(case: str) -> None:
    options, text = NETWORKS[case]
    assert networkd.network(options) == text


@pytest.mark.parametrize("case", NETDEVS)
def test_a_netdev_is_written(case: str) -> None:
    options, text = NETDEVS[case]
    assert networkd.netdev(options) == text


def test_a_link_is_written() -> None:
    options = {
        "matchConfig": {"PermanentMACAddress": "3c:fd:fe:0c:22:05"},
        "linkConfig": {"Name": "uplink"},
    }
    text = "[Match]\nPermanentMACAddress=3c:fd:fe:0c:22:05\n[Link]\nName=uplink\n"
    assert networkd.link(options) == text


def test_an_option_that_would_get_lost_is_refused() -> None:
    assert networkd.network({"qdiscConfig": {}, "pieConfig": {}}) == "[Network]\n\n"
    with pytest.raises(networkd.NetworkdError, match="pieConfig"):
        networkd.network({"pieConfig": {"PacketLimit": 5}})


def test_a_section_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="valid dictionary"):
        networkd.network({"matchConfig": "Name=uplink"})


@given(
    st.dictionaries(
        st.from_regex("[A-Z][A-Za-z]{0,9}", fullmatch=True),
        st.lists(
            st.booleans() | st.integers() | st.from_regex("[a-z0-9./:]{1,9}", fullmatch=True),
            min_size=1,
        ),
    )
)
def test_each_value_of_a_section_has_a_line(section: dict[str, list[bool | int | str]]) -> None:
    lines = networkd.sections("Route", [section]).splitlines()
    assert lines[0] == "[Route]"
    wanted = [
        f"{key}={str(value).lower() if isinstance(value, bool) else value}"
        for key, values in sorted(section.items())
        for value in values
    ]
    assert lines[1:] == wanted


def test_settings_of_the_kernel_are_written_as_nix_turns_them_into_text() -> None:
    settings = {
        "net.ipv4.conf.all.forwarding": True,
        "fs.protected_fifos": 2,
        "kernel.sysrq": False,
        "net.core.rmem_max": None,
        "net.ipv4.tcp_rmem": "4096 131072 134217728",
    }
    assert sysctl.render(settings).splitlines() == [
        "fs.protected_fifos=2",
        "kernel.sysrq=0",
        "net.ipv4.conf.all.forwarding=1",
        "net.ipv4.tcp_rmem=4096 131072 134217728",
    ]


def test_a_tunnel_is_written() -> None:
    peers = (Peer(KEY, ("10.0.0.2/32", "192.168.1.0/24"), 25), Peer("b", ("10.0.0.3/32",)))
    text = wireguard_conf.render(peers, listen_port=51820)
    first, *others = text.split("\n[Peer]\n")
    assert first == "[Interface]\nListenPort = 51820\n"
    parser = ConfigParser()
    parser.read_string(f"[Peer]\n{others[0]}")
    assert dict(parser["Peer"]) == {
        "publickey": KEY,
        "allowedips": "10.0.0.2/32, 192.168.1.0/24",
        "persistentkeepalive": "25",
    }
    assert others[1] == "PublicKey = b\nAllowedIPs = 10.0.0.3/32\n"


def test_a_tunnel_without_a_port_and_peers_is_written() -> None:
    assert wireguard_conf.render(()) == "[Interface]\n"


WORDS = st.text(st.characters(blacklist_categories=["Cs"]))
ATOMS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | WORDS
VALUES = st.recursive(ATOMS | st.lists(ATOMS), lambda inner: st.dictionaries(WORDS, inner))


@given(st.dictionaries(WORDS, VALUES))
def test_a_parser_of_toml_reads_what_was_written(settings: dict[str, object]) -> None:
    assert tomllib.loads(toml_settings.render(settings)) == settings


def test_a_null_is_no_value_of_toml() -> None:
    with pytest.raises(TypeError, match="None is not a value of TOML"):
        toml_settings.render({"a": {"b": None}})
