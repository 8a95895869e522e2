"""Checks of what this machine has not, against what such machines said."""

import struct
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sovereign.expectations.base import Expectation
from sovereign.expectations.document import AnyExpectation, read
from sovereign.run import Completed
from sovereign.suite.transport import Local

from .machines import Recorded, checks, expect, look

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "recorded.toml").read_text("utf-8"))["case"]
POOLS = tomllib.loads((HERE / "pools.toml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_was_recorded(case: dict[str, dict[str, object]]) -> None:
    fields = dict(case["expect"])
    found = look(expect(str(fields.pop("type")), **fields), Recorded(case["answers"]))
    assert found == (case["outcome"], case.get("message", ""))


def test_every_type_of_expectation_has_its_test() -> None:
    union = AnyExpectation.__args__[0].__args__  # type: ignore[attr-defined]
    assert set(checks()) == set(union)


VDEVS: list[dict[str, object]] = [
    {"role": "data", "kind": "raidz2", "members": ["h-a", "h-b", "h-c"]},
    {"role": "special", "kind": "mirror", "members": ["s-a", "s-b"]},
    {"role": "log", "kind": "stripe", "members": ["l"]},
    {"role": "cache", "kind": "stripe", "members": ["c-b", "c-a"]},
]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", ""),
        (" state: ONLINE", " state: DEGRADED", "ember must be ONLINE, and is DEGRADED"),
        (
            "\t    /dev/sdc1                     ONLINE       0     0     0\n",
            "",
            "ember lacks data raidz2 of /dev/sda1, /dev/sdb1, /dev/sdc1;"
            " it has data raidz2 of /dev/sda1, /dev/sdb1",
        ),
        ("  raidz2-0", "  raidz1-0", "ember lacks data raidz2 of"),
        ("special", "dedup", "ember lacks special mirror of /dev/nvme0n1p4, /dev/nvme1n1p4;"),
        (
            "\nerrors:",
            "\tspares\n\t  /dev/sdh1   AVAIL\n\nerrors:",
            "ember has more than it must: spare stripe of /dev/sdh1",
        ),
    ],
)
def test_a_pool_is_online_and_made_of_its_groups(old: str, new: str, message: str) -> None:
    status = POOLS["pool"]["status"]
    assert old in status
    said = {"zpool status -P ember": status.replace(old, new, 1) if old else status}
    outcome, told = look(
        expect("zfs-pool", pool="ember", vdevs=VDEVS),
        Recorded({**said, "sh -c": POOLS["pool"]["devices"]}),
    )
    assert outcome == ("failed" if message else "passed")
    assert told.startswith(message)


def test_a_pool_that_is_not_there() -> None:
    machine = Recorded({"zpool status": [1, "", "cannot open 'ember': no such pool"]})
    expected = "failed", "there is no pool ember"
    assert look(expect("zfs-pool", pool="ember", vdevs=[]), machine) == expected


@pytest.mark.parametrize(
    ("fields", "degraded", "message"),
    [
        ({}, "0", ""),
        ({"level": 0}, "0", "the array nix must be raid0, and is raid1"),
        ({}, "1", "the array nix lacks 1 of its members"),
        (
            {"members": ["n-a", "n-c"]},
            "0",
            "the array nix must have /dev/nvme0n1p3, n-c, and has /dev/nvme0n1p3, /dev/nvme1n1p3",
        ),
    ],
)
def test_an_array_is_whole(fields: dict[str, object], degraded: str, message: str) -> None:
    machine = Recorded(
        {
            "mdadm --detail --export /dev/md/nix": POOLS["array"]["detail"],
            "sh -c": POOLS["array"]["devices"],
            "readlink -f /dev/md/nix": "/dev/md127\n",
            "cat /sys/class/block/md127/md/degraded": f"{degraded}\n",
        }
    )
    one = expect("md-array", **{"name": "nix", "level": 1, "members": ["n-a", "n-b"], **fields})
    assert look(one, machine) == ("failed" if message else "passed", message)


KEY, PEER, OTHER = (letter * 43 + "=" for letter in "kpo")
WG = {
    "wg show wg-vpn public-key": f"{KEY}\n",
    "wg show wg-vpn listen-port": "51820\n",
    "wg show wg-vpn peers": f"{PEER}\n",
    "wg show wg-vpn allowed-ips": f"{PEER}\t10.0.0.2/32 192.168.1.0/24\n",
    "wg show wg-vpn persistent-keepalive": f"{PEER}\t25\n",
    "ip -json -4 route": '[{"dst": "10.0.0.0/24"}, {"dst": "192.168.1.0/24"}]',
    "ip -json -6 route": "",
}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, ""),
        ({"wg show wg-vpn public-key": [1, "", "no device"]}, "there is no tunnel wg-vpn"),
        ({"wg show wg-vpn public-key": OTHER}, f"the key of wg-vpn must be {KEY}, and is {OTHER}"),
        ({"wg show wg-vpn listen-port": "1\n"}, "wg-vpn must listen on 51820, and does on 1"),
        (
            {"wg show wg-vpn peers": f"{PEER}\n{OTHER}\n"},
            f"wg-vpn has a peer that nobody gave: {OTHER}",
        ),
        ({"wg show wg-vpn peers": ""}, f"wg-vpn lacks a peer: {PEER}"),
        (
            {"wg show wg-vpn allowed-ips": f"{PEER}\t0.0.0.0/0\n"},
            f"peer {PEER} of wg-vpn must be led 10.0.0.2/32, 192.168.1.0/24, and is 0.0.0.0/0",
        ),
        (
            {"wg show wg-vpn persistent-keepalive": f"{PEER}\toff\n"},
            f"the keepalive of peer {PEER} of wg-vpn must be 25, and is off",
        ),
        (
            {"ip -json -4 route": '[{"dst": "10.0.0.0/24"}]'},
            "no route leads 192.168.1.0/24 into wg-vpn",
        ),
        (
            {"wg show wg-vpn allowed-ips": ""},
            f"what the host answers cannot be understood (KeyError: '{PEER}')",
        ),
    ],
)
def test_a_tunnel_has_its_key_its_peers_and_their_routes(
    answers: dict[str, object], message: str
) -> None:
    peers = [
        {"public_key": PEER, "allowed_ips": ["10.0.0.2/32", "192.168.1.0/24"], "keepalive_s": 25}
    ]
    machine = Recorded({**WG, **answers})  # type: ignore[dict-item]
    one = expect("tunnel", interface="wg-vpn", port=51820, public_key=KEY, peers=peers)
    assert look(one, machine) == ("failed" if message else "passed", message)
    assert not any("private-key" in line or "dump" in line for line in machine.asked)


@pytest.mark.parametrize(
    ("ping", "seen", "outcome", "message"),
    [
        ([0, "4 received"], "1763678000", "passed", ""),
        ([1, ""], "1763678000", "failed", "no answer to a ping from vpn to 10.0.0.1"),
        ([0, ""], "0", "failed", "the ping from vpn to 10.0.0.1 did not go through wg-vpn"),
    ],
)
def test_a_handshake_is_a_ping_that_the_tunnel_saw(
    ping: list[object], seen: str, outcome: str, message: str
) -> None:
    inside = Recorded({"wg show wg-vpn latest-handshakes": f"{PEER}\t{seen}\n"})
    client = Recorded({"ping": ping, "sh -c command": ""})
    one = expect("handshake", source="vpn", interface="wg-vpn", address="10.0.0.1")
    assert look(one, inside, {"vpn": client}) == (outcome, message)
    assert look(one, inside, {"vpn": Recorded({})}) == ("skipped", "the machine in vpn lacks ping")


def image(*, signed: bool, magic: int = 0x20B) -> bytes:
    """The head of a PE image, with or without a certificate table."""
    head = bytearray(1024)
    head[:2], head[0x80:0x84] = b"MZ", b"PE\0\0"
    struct.pack_into("<I", head, 0x3C, 0x80)
    struct.pack_into("<H", head, 0x98, magic)
    at = 0x98 + (112 if magic == 0x20B else 96) + 4 * 8
    struct.pack_into("<II", head, at, 4096 * signed, 1536 * signed)
    return bytes(head)


def test_boot_images_are_signed(tmp_path: Path) -> None:
    def images(*, signed: bool) -> tuple[str, str]:
        return look(expect("boot-images", path=str(tmp_path), signed=signed), Local())

    assert images(signed=True) == ("failed", f"{tmp_path} holds no image of a system")
    linux, loader = tmp_path / "EFI" / "Linux", tmp_path / "EFI" / "BOOT"
    for folder in (linux, loader):
        folder.mkdir(parents=True)
    (linux / "nixos-1.efi").write_bytes(image(signed=True))
    (loader / "BOOTX64.EFI").write_bytes(image(signed=True, magic=0x10B))
    assert images(signed=True) == ("passed", "")
    (linux / "nixos-2.efi").write_bytes(image(signed=False))
    assert images(signed=True) == ("failed", f"not signed: {linux}/nixos-2.efi")
    assert images(signed=False) == ("passed", "")
    (linux / "nixos-2.efi").write_bytes(b"no image")
    assert images(signed=True)[1].startswith(f"{linux}/nixos-2.efi is no PE image")


HOSTILE = ["\x1b[2J\x1b]0;owned\x07", "[[[[", "\u202e{}", "", "x" * 10_000_000, "\n" * 100_000]


@pytest.mark.parametrize("said", HOSTILE, ids=["escapes", "brackets", "bidi", "", "long", "lines"])
def test_whatever_a_host_says_a_check_fails_with_a_message_that_can_be_shown(said: str) -> None:
    found = {kind: look(example(kind), Says(said), {"data": Says(said)}) for kind in checks()}
    hidden = [kind for kind, (_, message) in found.items() if not message.isprintable()]
    assert hidden == []
    assert [kind for kind, (_, message) in found.items() if len(message) > 600] == []
    passed = {kind.__name__ for kind, (outcome, _) in found.items() if outcome == "passed"}
    assert passed <= MAY_PASS


@dataclass(frozen=True)
class Says:
    """A machine that gives one answer to everything."""

    said: str

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        del stdin, timeout
        return Completed(tuple(argv), 0, self.said, self.said)


MAY_PASS = {"OnlySockets", "KernelModule", "Flow"}
"""Where nothing but an exit code is asked for, or nothing is expected to be there."""


def example(kind: type[Expectation]) -> Expectation:
    """One of what is expected of cloudlab."""
    file = HERE.parents[1] / "hosts" / "cloudlab" / "generated" / "expectations.json"
    found = next(one for one in read(file).expectations if isinstance(one, kind))
    source = getattr(found, "source", None) not in {None, "socket"}
    return found.model_copy(update={"source": "data"} if source else {})
