"""A host is expected to be what its inventory asks for, and nothing beside it."""

from pathlib import Path

from expected import cloudlab_expects, expected, of_type
from sovereign.expectations.flow import Flow
from sovereign.expectations.interface import Interface
from sovereign.expectations.mount import Mount
from sovereign.expectations.socket import OnlySockets
from sovereign.expectations.unit import Unit
from sovereign.inventory.load import load

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "py/sovereign/template"

WITHOUT = {
    "database": ("[database]", "# Over the socket"),
    "samba": ("[samba]", "[database]"),
    "emily": ("# Over the socket", "# What the owner counts on"),
}
"""Sections of cloudlab's file, from a line to another."""


def section(concern: str) -> str:
    text = (ROOT / "hosts/cloudlab/host.toml").read_text("utf-8")
    first, last = WITHOUT[concern]
    return text[text.index(first) : text.index(last)]


def test_the_templates_host_has_one_zone_and_one_service() -> None:
    found = expected(load(TEMPLATE), "server")
    assert {one.concern for one in found.values()}.isdisjoint(
        {"samba", "database", "emily", "wireguard", "secrets"}
    )
    assert [one.id for one in of_type(found, Flow)] == ["flow: lan reaches host 192.168.1.2 22"]
    assert [one.name for one in of_type(found, Interface)] == ["uplink"]
    assert {one.ports for one in of_type(found, OnlySockets)} == {
        (22, 5355),
        (68, 546, 5353, 5355),
    }
    assert "sysctl: net.ipv4.conf.all.forwarding" not in found
    assert found["secure-boot: firmware"].model_dump()["enabled"] is False


def test_without_shares_nobody_reaches_their_port(tmp_path: Path) -> None:
    shares = {section("samba"): "", "[expect.shares.code]": "[expect.shares.code]"}
    text = (ROOT / "hosts/cloudlab/host.toml").read_text("utf-8")
    start, end = text.index("[expect.shares.code]"), text.index("[[accept]]")
    shares[text[start:end]] = ""
    found = cloudlab_expects(tmp_path, host={k: v for k, v in shares.items() if k != v})
    assert not [one for one in found.values() if one.concern == "samba"]
    for flow in of_type(found, Flow):
        assert not (445 in flow.ports and flow.allowed)
    assert {flow.source for flow in of_type(found, Flow) if 445 in flow.ports} >= {"vpn", "data"}


def test_without_a_database_nobody_reaches_its_port(tmp_path: Path) -> None:
    edits = {section("database"): "", 'memory = "emily"': ""}
    found = cloudlab_expects(tmp_path, host=edits)
    assert not [one for one in found.values() if one.concern == "database"]
    assert not [
        it
        for it in of_type(found, Flow)
        if it.allowed and it.destination == "host" and 5432 in it.ports
    ]
    assert "sysctl: net.ipv4.ip_nonlocal_bind" not in found


def test_without_emily_there_is_no_unit_of_hers(tmp_path: Path) -> None:
    found = cloudlab_expects(tmp_path, host={section("emily"): ""})
    assert not [one.id for one in found.values() if "emily-" in one.id or one.concern == "emily"]
    assert "ssh-login: emily from vpn is refused" not in found


def test_without_pools_and_arrays_nothing_watches_them(tmp_path: Path) -> None:
    text = (ROOT / "hosts/cloudlab/host.toml").read_text("utf-8")
    pools = text[text.index("# The server's own pool") : text.index("[network.uplink]")]
    array = text[text.index("[storage.arrays.nix]") : text.index("[storage.swap]")]
    found = cloudlab_expects(
        tmp_path,
        host={
            pools: "",
            array: "",
            "[expect.pools.ember]\n": "",
            'usable = "111TB"\nrebuild = "60h"\n': "",
        },
    )
    names = {unit.name for unit in of_type(found, Unit)}
    assert names.isdisjoint({"zfs-zed.service", "zfs-properties.service", "mdmonitor.service"})
    assert {"timer: zfs-scrub.timer", "timer: zpool-trim.timer"}.isdisjoint(found)
    assert not [one for one in found if one.startswith(("zfs-", "md-", "kernel-parameter"))]
    assert {mount.filesystem for mount in of_type(found, Mount)} == {"tmpfs", "vfat"}


def test_an_array_without_redundancy_is_not_watched(tmp_path: Path) -> None:
    found = cloudlab_expects(tmp_path, host={"level = 1": "level = 0"})
    assert "unit: mdmonitor.service active" not in found
    assert found["md-array: nix"].model_dump()["level"] == 0
