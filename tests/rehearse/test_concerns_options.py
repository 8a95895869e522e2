"""What a concern makes of options, given as values: no Nix is needed."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.values import ValuesError

WORLD = World("host", {})


def furnish(concern: str, values: dict[str, object]) -> Furnishing:
    return CONCERNS[concern].furnish(values, WORLD)


def files(furnishing: Furnishing) -> dict[str, Placed]:
    return {file.path: file for file in furnishing.files}


TUNNEL = {"privateKeyFile": "/keys/own", "ips": ["10.0.0.1/24"], "network": {}}
PEER = {"publicKey": "abc=", "allowedIPs": ["10.0.0.2/32"]}
TUNNELS = {
    "a table of its own": (
        TUNNEL | {"table": "7", "metric": 5, "peers": [PEER]},
        "/etc/systemd/network/40-wg.network.d/allowed-ips.conf",
        "[Route]\nDestination=10.0.0.2/32\nMetric=5\nTable=7\n",
    ),
    "a preshared key": (
        TUNNEL | {"peers": [PEER | {"presharedKeyFile": "/keys/shared"}]},
        "/etc/sovereign/scripts/wireguard-wg-up",
        "wg set wg peer abc= preshared-key /keys/shared\n",
    ),
    "a peer that calls": (
        TUNNEL | {"listenPort": 1, "peers": [PEER | {"endpoint": None}]},
        "/etc/sovereign/wireguard/wg.conf",
        "[Interface]\nListenPort = 1\n\n[Peer]\nPublicKey = abc=\nAllowedIPs = 10.0.0.2/32\n",
    ),
}


@pytest.mark.parametrize("case", TUNNELS)
def test_a_tunnels_options_are_followed(case: str) -> None:
    interface, path, text = TUNNELS[case]
    assert text in files(furnish("wireguard", {"interfaces": {"wg": interface}}))[path].text


def test_without_routes_there_are_none() -> None:
    interface = TUNNEL | {"allowedIPsAsRoutes": False, "peers": [PEER]}
    placed = files(furnish("wireguard", {"interfaces": {"wg": interface}}))
    assert not any("allowed-ips" in path for path in placed)


@given(key=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1))
def test_whatever_a_key_file_is_called_it_is_one_word(key: str) -> None:
    interface = TUNNEL | {"privateKeyFile": f"/{key}"}
    placed = files(furnish("wireguard", {"interfaces": {"wg": interface}}))
    words = shlex.split(placed["/etc/sovereign/scripts/wireguard-wg-up"].text, comments=False)
    assert words[words.index("private-key") + 1] == f"/{key}"


@pytest.mark.parametrize(
    ("concern", "given", "told"),
    [
        ("firewall", {"enable": True, "firewall": {"allowedTCPPorts": ["ssh"]}}, "allowedTCPPorts"),
        ("wireguard", {"interfaces": {"wg": {**TUNNEL, "peers": [{}]}}}, "publicKey"),
        ("network", {"sysctl": {"net.ipv4.ip_forward": [1]}}, "sysctl"),
        ("emily", {"services": 1}, "services"),
    ],
)
def test_values_of_another_shape_are_refused(
    concern: str, given: dict[str, object], told: str
) -> None:
    with pytest.raises(ValuesError, match=told):
        furnish(concern, given)
