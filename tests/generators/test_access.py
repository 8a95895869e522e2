"""access.nix: SSH by key alone, operators, sudo."""

from collections.abc import Callable
from pathlib import Path

from outputs import cloudlab_with, files
from sovereign.generators.access import generate
from sovereign.inventory.load import Inventory


def test_example(example: Inventory, golden: Callable[[str, str], None]) -> None:
    golden("access/access.nix", files(generate, example, "small")["access.nix"])


def test_no_password_opens_a_session(fleet: Inventory) -> None:
    text = files(generate, fleet, "cloudlab")["access.nix"]
    for setting in (
        "PasswordAuthentication = false;",
        "KbdInteractiveAuthentication = false;",
        'PermitRootLogin = "no";',
        'AllowUsers = [ "colter" ];',
        "openFirewall = false;",
    ):
        assert setting in text


def test_the_port_is_the_ledgers_and_the_addresses_are_listened_on(tmp_path: Path) -> None:
    text = cloudlab_with(
        generate,
        tmp_path,
        host={"[access.ssh]\n": '[access.ssh]\nlisten = ["10.0.0.1"]\n'},
        fleet={"ssh = { port = 22 }": "ssh = { port = 2222 }"},
    )["access.nix"]
    assert "ports = [ 2222 ];" in text
    assert 'addr = "10.0.0.1";\n        port = 2222;' in text


def test_an_operator_without_sudo_is_not_in_wheel(tmp_path: Path) -> None:
    edit = {"[operators.colter]\n": "[operators.colter]\nsudo = false\n"}
    text = cloudlab_with(generate, tmp_path, fleet=edit)["access.nix"]
    assert "colter = {\n      isNormalUser = true;\n      openssh" in text
    assert '"wheel"' not in text


def test_host_keys_lie_where_they_outlive_a_boot(tmp_path: Path) -> None:
    edit = {"[access.ssh]\n": '[access.ssh]\nhost_keys = "/persist/keys"\n'}
    text = cloudlab_with(generate, tmp_path, host=edit)["access.nix"]
    assert 'path = "/persist/keys/ssh_host_ed25519_key";' in text
    assert 'path = "/persist/keys/ssh_host_rsa_key";' in text
