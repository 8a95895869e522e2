"""What a share can give on a path, against what is expected of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.review import throughput
from sovereign.review.throughput import ceiling, frame, tunnel_frame
from sovereign.units import Rate

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

CODE = '[expect.shares.code]\nthroughput = "100MB/s"\ntunnel = "vpn"\npeer = "minnesota"'


def expecting(text: str) -> tuple[tuple[str, str]]:
    return ((CODE, f"[expect.shares.code]\n{text}"),)


MINNESOTA = 'link = "1Gbit/s"\n\n[tunnels.home]'
VIA_VPN = 'tunnel = "vpn"\npeer = "minnesota"'

FOUND = [
    Case(
        throughput.faster_than_path,
        '"300MB/s"',
        '300 MB/s are expected of share "code", its path gives 113 MB/s at most',
        expecting(f'throughput = "300MB/s"\n{VIA_VPN}\nchannels = 1'),
    ),
    Case(
        throughput.faster_than_path,
        '"400MB/s"',
        "1Gbit/s = 125 MB/s\n1368 of 1518 bytes of each frame are data",
        expecting(f'throughput = "400MB/s"\n{VIA_VPN}'),
    ),
    Case(
        throughput.faster_than_path,
        '"110MB/s"',
        'slowest is the link of "minnesota", 900Mbit/s',
        expecting(f'throughput = "110MB/s"\n{VIA_VPN}'),
        fleet=((MINNESOTA, MINNESOTA.replace("1Gbit/s", "900Mbit/s")),),
    ),
    Case(
        throughput.faster_than_path,
        '"118MB/s"',
        "1448 of 1542 bytes",
        expecting('throughput = "118MB/s"'),
    ),
    Case(
        throughput.more_channels_than_path,
        "4",
        '4 SMB channels are expected of share "code", its path gives 1',
        expecting(f'throughput = "100MB/s"\n{VIA_VPN}\nchannels = 4'),
    ),
    Case(
        throughput.more_channels_than_path,
        "2",
        'local network, VLAN "data"',
        expecting('throughput = "100MB/s"\nchannels = 2'),
    ),
    Case(
        throughput.path_is_closed,
        '"home"',
        'share "code" is not open to zone "home"',
        expecting('throughput = "100MB/s"\ntunnel = "home"\npeer = "gateway"'),
    ),
    Case(
        throughput.path_is_closed,
        "[expect.shares.code]",
        'share "code" is open to no local zone',
        (
            *expecting('throughput = "100MB/s"'),
            ('[samba]\nzones = ["vpn", "data"]', '[samba]\nzones = ["vpn"]'),
        ),
    ),
]

SOUND = [
    Sound(
        throughput.faster_than_path,
        "112 MB/s pass through WireGuard",
        expecting(f'throughput = "112MB/s"\n{VIA_VPN}'),
    ),
    Sound(
        throughput.faster_than_path,
        "117 MB/s pass on the local network",
        expecting('throughput = "117MB/s"'),
    ),
    Sound(
        throughput.more_channels_than_path,
        "four channels from an untagged port",
        (
            *expecting('throughput = "100MB/s"\nchannels = 4'),
            ('[samba]\nzones = ["vpn", "data"]', '[samba]\nzones = ["vpn", "data", "internet"]'),
        ),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_more_is_expected_than_the_path_gives(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_what_a_path_gives_may_be_expected(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_a_site_that_the_host_does_not_talk_to_is_no_path(committed: Draft) -> None:
    draft = committed.host('vpn.key" }\npeers = ["minnesota"]', 'vpn.key" }\npeers = []')
    findings = draft.findings(throughput.path_is_closed)
    assert [draft.place(found).marked for found in findings] == ['"minnesota"'] * 3


def test_required_for_the_server_leaves_one_channel(committed: Draft) -> None:
    draft = committed.host(
        '[samba]\nzones = ["vpn", "data"]', '[samba]\nencryption = "required"\nzones = ["internet"]'
    ).host(CODE, '[expect.shares.code]\nthroughput = "100MB/s"')
    found = ceiling(draft.inventory(), "cloudlab", "code")
    assert found is not None
    assert found.channels == 1


def test_the_ceiling_of_the_tunnel_to_minnesota(committed: Draft) -> None:
    found = ceiling(committed.inventory(), "cloudlab", "models")
    assert found is not None
    assert found.raw == Rate.parse("1Gbit/s")
    assert (found.payload, found.wire, found.channels) == (1368, 1518, 1)
    assert found.net == 10**9 * 1368 // 1518
    assert found.net.human_bytes() == "113 MB/s"
    assert found.path == 'tunnel "vpn" to "minnesota"'


def test_a_host_without_shares_has_no_path(committed: Draft) -> None:
    text = committed.texts["hosts/cloudlab/host.toml"]
    draft = committed.host(text[text.index("[samba]") : text.index("[database]")], "").host(
        text[text.index("[expect.shares.code]") :], ""
    )
    assert ceiling(draft.inventory(), "cloudlab", "code") is None


def test_a_slow_port_limits_a_fast_link(committed: Draft) -> None:
    draft = committed.host('rate = "1Gbit/s"', 'rate = "100Mbit/s"')
    found = ceiling(draft.inventory(), "cloudlab", "models")
    assert found is not None
    assert found.limit.name == 'network port "uplink"'
    assert found.net.human_bytes() == "11 MB/s"


@given(st.integers(1280, 9000))
def test_a_tunnel_takes_sixty_bytes_of_every_packet(mtu: int) -> None:
    assert tunnel_frame(mtu)[1] - frame(mtu)[1] == 60
    payload, wire = tunnel_frame(mtu)
    assert 0.89 < payload / wire < 1
    assert payload / wire < frame(mtu)[0] / frame(mtu)[1]
