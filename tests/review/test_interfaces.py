"""A host's interfaces: names, hardware addresses, sizes of packets, and TCP's tuning."""

import pytest

from sovereign.review import interfaces

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

UPLINK = '[network.uplink]\nnic = "uplink"\nzone = "internet"'
MAC = 'mac = "3c:fd:fe:0c:22:05"'


def spare(name: str) -> str:
    return f'[hardware.nics.{name}]\nmac = "3c:fd:fe:0c:22:06"\nrate = "1Gbit/s"'


FOUND = [
    Case(
        interfaces.tunnel_mtu,
        "[network.tunnels.home]",
        "1450 + 60 = 1510 > 1500",
        fleet=(('port = "wireguard-home"', 'port = "wireguard-home"\nmtu = 1450'),),
    ),
    Case(
        interfaces.bbr_without_fq,
        '"cake"',
        'BBR with "cake" spaces packets by timers',
        (('qdisc = "fq"', 'qdisc = "cake"'),),
    ),
    Case(
        interfaces.small_buffer,
        '"8MiB"',
        "1Gbit/s x 100 ms = 12.5 MB, the buffer holds 8.4 MB",
        (('receive_buffer = "128MiB"', 'receive_buffer = "8MiB"'),),
    ),
    Case(
        interfaces.small_buffer,
        '"212992B"',
        "gets 2 MB/s of the uplink's 125 MB/s",
        (('send_buffer = "128MiB"', 'send_buffer = "212992B"'),),
    ),
    Case(
        interfaces.same_interface_name,
        '{ nic = "uplink", address = "10.20.0.2/24" }',
        'the interface "data" of a VLAN is a network port\'s already',
        host_end=spare("data"),
    ),
    Case(
        interfaces.same_interface_name,
        "[network.tunnels.vpn]",
        'the interface "wg-vpn" of a tunnel is a network port\'s already',
        host_end=spare("wg-vpn"),
    ),
    Case(
        interfaces.kernel_name,
        "[hardware.nics.eth0]",
        'renaming a network port to "eth0" may fail at boot',
        host_end=spare("eth0"),
    ),
    Case(
        interfaces.group_mac,
        '"01:00:5e:00:00:01"',
        "is the address of no network port",
        ((MAC, 'mac = "01:00:5e:00:00:01"'),),
    ),
    Case(
        interfaces.group_mac,
        '"00:00:00:00:00:00"',
        "is the address of no network port",
        ((MAC, 'mac = "00:00:00:00:00:00"'),),
    ),
]

SOUND = [
    Sound(
        interfaces.tunnel_mtu,
        "1440 fits over IPv4",
        fleet=(('port = "wireguard-home"', 'port = "wireguard-home"\nmtu = 1440'),),
    ),
    Sound(
        interfaces.tunnel_mtu,
        "jumbo frames have room",
        ((UPLINK, f"{UPLINK}\nmtu = 9000"),),
        (('port = "wireguard-home"', 'port = "wireguard-home"\nmtu = 8920'),),
    ),
    Sound(
        interfaces.bbr_without_fq,
        "cubic needs no pacing",
        (('congestion = "bbr"\nqdisc = "fq"', 'congestion = "cubic"\nqdisc = "cake"'),),
    ),
    Sound(
        interfaces.small_buffer,
        "exactly rate times round trip",
        (('receive_buffer = "128MiB"', 'receive_buffer = "12500000B"'),),
    ),
    Sound(
        interfaces.group_mac,
        "locally administered",
        ((MAC, 'mac = "02:00:00:00:00:01"'),),
    ),
    Sound(interfaces.kernel_name, "named by its use", host_end=spare("storage")),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_an_interface_is_no_good(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_an_interface_is_sound(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)
