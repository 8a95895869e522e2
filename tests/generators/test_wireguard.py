"""wireguard.nix: tunnels and their peers."""

from collections.abc import Callable
from pathlib import Path

from fleets import copy_with
from outputs import cloudlab_with, files
from sovereign.generators.wireguard import generate
from sovereign.inventory.load import Inventory, load

ENDS = "[network.tunnels.vpn]", "[network.tuning]"


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("wireguard/wireguard.nix", files(generate, example, "small")["wireguard.nix"])


def test_keys_are_paths_on_the_host(tmp_path: Path) -> None:
    preshared = 'preshared_key = { path = "/persist/secrets/wireguard/psk" }\nendpoint ='
    text = cloudlab_with(generate, tmp_path, fleet={"endpoint =": preshared})["wireguard.nix"]
    assert 'privateKeyFile = "/persist/secrets/wireguard/vpn.key";' in text
    assert 'presharedKeyFile = "/persist/secrets/wireguard/psk";' in text
    assert "privateKey =" not in text
    assert "generatePrivateKeyFile" not in text


def test_a_missing_key_costs_its_tunnel_and_never_opens_it(tmp_path: Path) -> None:
    preshared = 'preshared_key = { path = "/persist/secrets/wireguard/psk" }\nendpoint ='
    text = cloudlab_with(generate, tmp_path, fleet={"endpoint =": preshared})["wireguard.nix"]
    stand_ins = text.partition("SetCredential = [\n")[2].partition("  ];")[0].split()
    own_public_key = "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ="
    assert stand_ins == [
        '"wireguard-wg-vpn-private-key:missing"',
        f'"wireguard-wg-vpn-minnesota-preshared-key:{own_public_key}"',
        '"wireguard-wg-home-private-key:missing"',
    ]


def test_a_site_that_calls_us_has_no_endpoint(fleet: Inventory) -> None:
    text = files(generate, fleet, "cloudlab")["wireguard.nix"]
    vpn, home = text.split("wg-home = {")
    assert 'endpoint = "minnesota-server:51820";' in vpn
    assert "endpoint" not in home
    assert 'allowedIPs = [\n              "10.1.0.2/32"\n              "192.168.1.0/24"\n' in home


def test_hosts_of_a_tunnel_are_each_others_peers(tmp_path: Path) -> None:
    root = copy_with(tmp_path, {})
    first = (root / "hosts/cloudlab/host.toml").read_text("utf-8")
    second = root / "hosts/second/host.toml"
    second.parent.mkdir()
    key = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
    second.write_text(
        first.replace('address = "10.0.0.1/24"', 'address = "10.0.0.3/24"\nendpoint = "second:1"')
        .replace("abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ=", key)
        .replace('peers = ["minnesota"]', "peers = []"),
        "utf-8",
    )
    inventory = load(root)
    called = files(generate, inventory, "cloudlab")["wireguard.nix"]
    assert f'publicKey = "{key}";\n            allowedIPs = [ "10.0.0.3/32" ];' in called
    assert 'endpoint = "second:1";' in called
    caller = files(generate, inventory, "second")["wireguard.nix"].split("wg-home = {")[0]
    assert 'name = "cloudlab";' in caller
    assert "endpoint" not in caller


def test_a_host_without_tunnels_has_no_module(tmp_path: Path) -> None:
    root = copy_with(tmp_path, {})
    file = root / "hosts/cloudlab/host.toml"
    text = file.read_text("utf-8")
    start, end = map(text.index, ENDS)
    file.write_text((text[:start] + text[end:]).partition("[expect.shares.code]")[0], "utf-8")
    assert files(generate, load(root), "cloudlab") == {}
