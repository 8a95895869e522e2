"""secrets.nix: every secret of a host with its owner and mode, and no content."""

from collections.abc import Callable
from pathlib import Path

from outputs import cloudlab_with, files
from sovereign.generators.secrets import generate
from sovereign.inventory.load import Inventory

MAIL = 'password = { path = "/persist/secrets/mail/password" }'


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("secrets/secrets.nix", files(generate, example, "small")["secrets.nix"])


def test_every_secret_of_cloudlab_is_there(fleet: Inventory) -> None:
    text = files(generate, fleet, "cloudlab")["secrets.nix"]
    for name in (
        *("wireguard/vpn.key", "wireguard/home.key", "samba/colter", "mail/password"),
        "emily/token",
    ):
        assert f'"/persist/secrets/{name}".z = {{' in text
    assert text.count('mode = "0400";') == text.count(".z = {") == 7


def test_owner_and_mode_are_those_of_the_inventory(tmp_path: Path) -> None:
    other = {MAIL: MAIL.replace(" }", ', owner = "emily", mode = "0440" }')}
    text = cloudlab_with(generate, tmp_path, host=other)["secrets.nix"]
    assert 'user = "emily";\n      group = "root";\n      mode = "0440";' in text


def test_a_preshared_key_of_a_peer_lies_on_the_hosts_that_talk_to_it(tmp_path: Path) -> None:
    shared = 'preshared_key = { path = "/persist/secrets/wireguard/shared" }\nlink = "1Gbit/s"'
    fleet = {'link = "1Gbit/s"': shared}
    assert "wireguard/shared" in cloudlab_with(generate, tmp_path, fleet=fleet)["secrets.nix"]


def test_a_host_that_does_not_talk_to_the_peer_has_no_preshared_key(tmp_path: Path) -> None:
    shared = 'preshared_key = { path = "/persist/secrets/wireguard/shared" }\nlink = "1Gbit/s"'
    host = {'peers = ["minnesota"]': "peers = []"}
    text = cloudlab_with(generate, tmp_path, fleet={'link = "1Gbit/s"': shared}, host=host)
    assert "wireguard/shared" not in text["secrets.nix"]
