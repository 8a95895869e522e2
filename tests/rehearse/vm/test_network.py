"""Network, shares and limits in a real kernel: what is made, what is read, and what is refuted."""

import subprocess
from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.expectations.unit import UnitSetting
from sovereign.inventory.load import load
from sovereign.rehearse.render.wireguard_netdev import tunnels
from sovereign.rehearse.surroundings import Surroundings, surroundings
from sovereign.rehearse.vm.cifs import Connection, connection
from sovereign.rehearse.vm.limits import Limits, Seen, check, wanted
from sovereign.rehearse.vm.network import busiest
from sovereign.rehearse.vm.proof import RefutedError
from sovereign.rehearse.vm.wired import cards, script

MIB = 1 << 20


@pytest.fixture(scope="module")
def around() -> Surroundings:
    return surroundings(load(ROOT), "cloudlab", ())


def test_the_uplink_has_the_mac_of_the_inventory_and_the_trunk_is_on_its_wire(
    around: Surroundings,
) -> None:
    words = cards(around)
    assert "virtio-net-pci,netdev=wire0,romfile=,mac=3c:fd:fe:0c:22:05" in words
    assert [word for word in words if "hubid=0" in word] == [
        "hubport,id=wire0,hubid=0",
        "hubport,id=wire1,hubid=0",
    ]


def test_each_zone_stands_behind_its_own_tag(around: Surroundings) -> None:
    lines = script(around, load(ROOT).fleet, {"minnesota": "k", "gateway": "k"}).splitlines()
    tagged = [line.split()[-1] for line in lines if "type vlan id" in line]
    assert tagged == ["10", "20", "30"]
    moved = [line for line in lines if "link set trunk.20 netns" in line]
    assert moved == ["ip -n at-internet link set trunk.20 netns at-data name eth0"]


def test_a_key_is_an_argument_of_no_program(around: Surroundings) -> None:
    text = script(around, load(ROOT).fleet, {"minnesota": "SECRET-1", "gateway": "SECRET-2"})
    holding = [line for line in text.splitlines() if "SECRET" in line]
    assert holding == ["PrivateKey = SECRET-1", "PrivateKey = SECRET-2"]


def test_what_surrounds_the_host_is_a_script_that_bash_reads(around: Surroundings) -> None:
    text = script(around, load(ROOT).fleet, {"minnesota": "k", "gateway": "k"})
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)


GIVEN = {
    "interfaces": {
        "wg-vpn": {
            "ips": ["10.0.0.1/24"],
            "listenPort": 51820,
            "mtu": 1420,
            "privateKeyFile": "/secret/vpn",
            "peers": [
                {
                    "publicKey": "ab/c=",
                    "allowedIPs": ["10.0.0.2/32", "10.9.0.0/16"],
                    "endpoint": "far:51820",
                    "persistentKeepalive": 25,
                    "presharedKeyFile": "/secret/psk",
                }
            ],
            "network": {"linkConfig": {"RequiredForOnline": False}},
        }
    }
}


def test_a_tunnel_is_made_by_networkd_with_its_keys_as_credentials() -> None:
    files = {file.path: file.text for file in tunnels(GIVEN)}
    netdev = files["/etc/systemd/network/40-wg-vpn.netdev"]
    assert "Kind=wireguard\nMTUBytes=1420\nName=wg-vpn\n" in netdev
    assert "PrivateKey=@wireguard-wg-vpn-private-key\n" in netdev
    assert "AllowedIPs=10.0.0.2/32\nAllowedIPs=10.9.0.0/16\n" in netdev
    assert "PresharedKey=@wireguard-wg-vpn-ab-c=-preshared-key\n" in netdev
    network = files["/etc/systemd/network/40-wg-vpn.network"]
    assert "Address=10.0.0.1/24" in network
    assert "RequiredForOnline=false" in network
    assert files["/etc/systemd/system/systemd-networkd.service.d/wireguard.conf"] == (
        "[Service]\n"
        "LoadCredential=wireguard-wg-vpn-private-key:/secret/vpn\n"
        "LoadCredential=wireguard-wg-vpn-ab-c=-preshared-key:/secret/psk\n"
    )


DEBUG_DATA = """Servers:
1) ConnectionId: 0x7 Hostname: 10.20.0.2
	Sessions:
	1) Address: 10.20.0.2 Uses: 1 Capability: 0x30006f	Session Status: 1
	Security type: RawNTLMSSP  SessionId: 0xaecdbdd8 encrypted
	Extra Channels: 3

	Server interfaces: 3	Last updated: 0 seconds ago
	1)	Speed: 1Gbps
		Capabilities: rss
		IPv4: 10.20.0.2
		Weight (cur,total): (3,1)
		Allocated channels: 3

	2)	Speed: 1Gbps
		Capabilities: None
		IPv4: 127.0.0.1
		Allocated channels: 0

	3)	Speed: 1Gbps
		Capabilities: None
		IPv4: 10.0.0.1
		Allocated channels: 1
"""
ALONE = """1) ConnectionId: 0x7 Hostname: 10.20.0.2
	1) Address: 10.20.0.2 Uses: 1 Capability: 0x30006f	Session Status: 1
	Security type: RawNTLMSSP  SessionId: 0xaecdbdd8
"""


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (DEBUG_DATA, Connection({"10.20.0.2": 3, "10.0.0.1": 1}, encrypted=True)),
        (ALONE, Connection({"10.20.0.2": 1}, encrypted=False)),
        ("Servers:\n\t[NONE]\n", Connection({}, encrypted=False)),
    ],
    ids=["two links", "one channel", "no mount"],
)
def test_channels_are_read_from_the_kernel(text: str, seen: Connection) -> None:
    assert connection(text) == seen
    assert seen.count == sum(seen.channels.values())


def test_the_connection_that_carries_the_data_is_looked_at() -> None:
    said = "\t reno bytes_sent:164 x\n\t ts sack ecn bbr bytes_sent:54712357 y\nqdisc fq\n"
    assert "bbr" in busiest(said)
    assert busiest("State Recv-Q\n") == ""


LIMITS = Limits(
    MemoryMax=512 * MIB, TasksMax=256, IPAddressDeny="0.0.0.0/0 ::/0", CPUSchedulingPolicy=2
)
HELD = Seen(
    result="oom-kill",
    policy=2,
    loopback="",
    outside="Operation not permitted",
    threads=255,
    mebibytes=504,
)


def test_a_unit_that_met_each_limit_is_held() -> None:
    check(HELD, LIMITS)


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        ({"result": "success", "mebibytes": 576}, "memory beyond MemoryMax: success"),
        ({"mebibytes": 16}, "killed after 16 MiB of 512"),
        ({"threads": 272}, "272 threads with TasksMax=256"),
        ({"threads": 3}, "3 threads with TasksMax=256"),
        ({"outside": ""}, "a datagram out of the host: sent"),
        ({"outside": "Network is unreachable"}, "out of the host: Network is unreachable"),
        ({"loopback": "Operation not permitted"}, "a datagram to itself: Operation not permitted"),
        ({"policy": 0}, "its scheduling policy is 0"),
    ],
)
def test_a_limit_that_is_not_met_as_it_should_is_named(
    seen: dict[str, object], complaint: str
) -> None:
    with pytest.raises(RefutedError, match=complaint):
        check(HELD.model_copy(update=seen), LIMITS)


def test_what_a_unit_is_held_to_is_what_is_expected_of_it() -> None:
    def asked(unit: str, setting: str, value: str) -> UnitSetting:
        return UnitSetting(concern="emily", key="emily", name=unit, setting=setting, value=value)

    known = (
        asked("api.service", "MemoryMax", "536870912"),
        asked("api.service", "TasksMax", "256"),
        asked("api.service", "User", "emily"),
        asked("router.service", "TasksMax", "8"),
        asked("router.service", "MemoryMax", "infinity"),
    )
    assert wanted(known, "api") == Limits(MemoryMax=512 * MIB, TasksMax=256)
    assert wanted(known, "router") == Limits(TasksMax=8)
    assert wanted(known, "nobody") == Limits()


def test_the_probe_tells_what_it_could_take() -> None:
    probe = Path(ROOT, "py/sovereign/rehearse/vm/probe.py")
    words = ["python3", "-I", str(probe), "127.0.0.1", "4", "16"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        '{"policy": 0}',
        '{"loopback": ""}',
        '{"outside": ""}',
        '{"threads": 4}',
        '{"mebibytes": 8}',
        '{"mebibytes": 16}',
    ]
