"""samba.nix and samba-users.sh, by the real testparm, smbpasswd and pdbedit where they are."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleets import copy_with
from outputs import cloudlab_with, files
from real_nix import Nix
from sovereign.generators.samba import generate
from sovereign.inventory.load import Inventory, load
from sovereign.run import Completed, run

USERS = """[samba.users.colter]
password = { path = "/persist/secrets/samba/colter" }
"""
SHARED = 'users = ["colter"]'
HOSTILE = r"100% %U %$(HOME) $(id) `id` ${x} ''${x} ; # [global] guest ok = yes é \\"
INERT = r"100% % U % $(HOME) $(id) `id` ${x} ''${x} ; # [global] guest ok = yes é"


@pytest.mark.parametrize("name", ["samba.nix", "samba-users.sh"])
def test_example(example: Inventory, golden: Callable[[str, str], None], name: str) -> None:
    golden(f"samba/{name}", files(generate, example, "small")[name])


def test_it_answers_in_its_zones_alone(fleet: Inventory) -> None:
    text = " ".join(files(generate, fleet, "cloudlab")["samba.nix"].split())
    told = r'"\"data;speed=1000000000,capability=RSS\""'
    assert f'interfaces = [ "lo" "10.0.0.1/24" {told} ];' in text
    assert '"bind interfaces only" = "yes";' in text
    assert '"hosts allow" = [ "127.0.0.1" "10.0.0.0/24" "10.20.0.0/24" ];' in text


def test_clients_behind_a_peer_of_the_tunnel_are_let_in(tmp_path: Path) -> None:
    edit = {'[samba]\nzones = ["vpn", "data"]': '[samba]\nzones = ["home"]'}
    text = " ".join(cloudlab_with(generate, tmp_path, host=edit)["samba.nix"].split())
    assert '"hosts allow" = [ "127.0.0.1" "10.1.0.0/24" "192.168.1.0/24" ];' in text


def test_a_zone_without_prefix_is_told_by_its_interface_alone(tmp_path: Path) -> None:
    edit = {'[samba]\nzones = ["vpn", "data"]': '[samba]\nzones = ["vpn", "internet"]'}
    text = cloudlab_with(generate, tmp_path, host=edit)["samba.nix"]
    assert "hosts allow" not in text
    assert r'"\"uplink;speed=' in text


def test_encryption_is_each_shares_own(tmp_path: Path) -> None:
    edit = {'drive = "Z"\n': 'drive = "Z"\nencryption = "off"\nread_only = true\n'}
    text = cloudlab_with(generate, tmp_path, host=edit)["samba.nix"]
    assert '"server smb encrypt" = "desired";' in text
    assert text.count('"smb encrypt" = "required";') == 2
    assert text.count('"smb encrypt" = "off";') == 1


def test_who_writes_has_a_folder_to_write_in(tmp_path: Path) -> None:
    edit = {'drive = "Z"\n': 'drive = "Z"\nread_only = true\n'}
    text = cloudlab_with(generate, tmp_path, host=edit)["samba.nix"]
    assert '"d /ember/media 2770 root smb -"' in text
    assert "/ember/code 2770" not in text
    assert 'users.groups.smb.members = [ "colter" ];' in text


def test_a_user_who_is_no_operator_gets_an_account(tmp_path: Path, fleet: Inventory) -> None:
    assert "isSystemUser" not in files(generate, fleet, "cloudlab")["samba.nix"]
    guest = USERS.replace("colter", "scanner")
    text = cloudlab_with(generate, tmp_path, host={USERS: f"{USERS}\n{guest}"})["samba.nix"]
    assert 'scanner = {\n      isSystemUser = true;\n      group = "smb";\n    };' in text


def test_a_host_without_shares_has_no_files(tmp_path: Path) -> None:
    root = copy_with(tmp_path, {})
    file = root / "hosts/cloudlab/host.toml"
    text = file.read_text("utf-8")
    start, end = text.index("[samba]"), text.index("[database]")
    text = (text[:start] + text[end:]).partition("[expect.shares.code]")[0]
    file.write_text(text, "utf-8")
    assert files(generate, load(root), "cloudlab") == {}


def needs(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def test_samba_reads_the_configuration_as_meant(nix: Nix, tmp_path: Path) -> None:
    needs("testparm")
    edit = {'description = "Source code"': f"description = {json.dumps(HOSTILE)}"}
    module = tmp_path / "samba.nix"
    module.write_text(cloudlab_with(generate, tmp_path, host=edit)["samba.nix"], "utf-8")
    (tmp_path / "samba-users.sh").touch()
    settings = json.loads(
        nix.eval_json(f"(import {module} {{ config = {{ }}; }}).services.samba.settings")
    )
    conf = tmp_path / "smb.conf"
    conf.write_text(ini(settings), "utf-8")
    read = sections(run(["testparm", "--suppress-prompt", conf]).out)
    assert set(read) == {"global", "code", "models", "media"}
    assert read["code"] == {
        "comment": INERT,
        "path": "/ember/code",
        "read only": "No",
        "valid users": "colter",
        "server smb encrypt": "required",
        "create mask": "0660",
        "directory mask": "02770",
    }
    for key, value in {
        "server min protocol": "SMB3",  # another name of SMB3_11
        "server smb encrypt": "desired",
        "restrict anonymous": "2",
        "disable netbios": "Yes",
        "bind interfaces only": "Yes",
        "interfaces": "lo 10.0.0.1/24 data;speed=1000000000,capability=RSS",
        "hosts allow": "127.0.0.1 10.0.0.0/24 10.20.0.0/24",
        "server role": "standalone server",
    }.items():
        assert read["global"][key] == value
    assert "map to guest" not in read["global"]  # "never" is the default


def ini(settings: Mapping[str, Mapping[str, str | int | list[str]]]) -> str:
    """As NixOS writes smb.conf: the section that gives the others' defaults first, lists as words."""
    lines = []
    for section, keys in sorted(settings.items(), key=lambda item: item[0] != "global"):
        lines.append(f"[{section}]")
        for key, value in keys.items():
            lines.append(f"{key}={' '.join(value) if isinstance(value, list) else value}")
    return "\n".join(lines) + "\n"


def sections(text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if header := re.fullmatch(r"\[(.*)\]", line):
            found[header[1]] = {}
        elif pair := re.fullmatch(r"\t([^=]+) = (.*)", line):
            list(found.values())[-1][pair[1]] = pair[2]
    return found


@dataclass(frozen=True)
class PasswordDatabase:
    """A password database of its own, with the secrets of the accounts in it."""

    folder: Path

    def set_up(self, *users: str) -> Completed:
        """Run samba-users.sh for accounts of this machine, as its unit does."""
        described = "\n".join(
            f'[samba.users.{user}]\npassword = {{ path = "/persist/secrets/samba/{user}" }}'
            for user in users
        )
        nobodys = {f'drive = "{d}"\n{SHARED}': f'drive = "{d}"\nusers = []' for d in "ZMA"}
        fleet = self.folder / "-".join(("fleet", *users))
        made = cloudlab_with(generate, fleet, host={USERS: f"{described}\n", **nobodys})
        env = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "CREDENTIALS_DIRECTORY": str(self.folder / "secrets"),
        }
        return run(["sh", "-e", "-c", made["samba-users.sh"]], env=env, check=False)

    def secret(self, user: str, password: str) -> None:
        (self.folder / "secrets" / user).write_text(f"{password}\n", "utf-8")

    def users(self) -> dict[str, str]:
        """User → NT hash."""
        listed = run([self.folder / "pdbedit", "--list", "--smbpasswd-style"]).out
        fields = [line.split(":") for line in listed.splitlines()]
        return {user: nt_hash for user, _, _, nt_hash, *_ in fields}


@pytest.fixture
def passdb(tmp_path: Path) -> PasswordDatabase:
    needs("smbpasswd", "pdbedit")
    if os.geteuid() != 0:
        pytest.skip("smbpasswd adds users for root alone")
    conf = "[global]\n"
    for name in ("state directory", "cache directory", "lock directory", "private dir"):
        (tmp_path / name).mkdir()
        conf += f"{name} = {tmp_path / name}\n"
    (tmp_path / "smb.conf").write_text(conf, "utf-8")
    (tmp_path / "secrets").mkdir()
    for program, option in (("smbpasswd", "-c"), ("pdbedit", "-s")):
        wrapper = tmp_path / program
        real = shutil.which(program)
        wrapper.write_text(f'#!/bin/sh\nexec {real} {option} {tmp_path}/smb.conf "$@"\n', "utf-8")
        wrapper.chmod(0o755)
    return PasswordDatabase(tmp_path)


# NT hashes: MD4 of the password in UTF-16LE (MS-NLMP, 3.3.1).
FIRST, FIRST_HASH = "correct horse", "CFC43211BA8DC470832267827CAC1407"
SECOND, SECOND_HASH = 'it\'s "quoted" $(id) `id` %s ü', "1C662F397AABDA3F2842AD41D0E71F00"


def test_passwords_follow_the_secrets(passdb: PasswordDatabase) -> None:
    for password, nt_hash in ((FIRST, FIRST_HASH), (FIRST, FIRST_HASH), (SECOND, SECOND_HASH)):
        passdb.secret("bin", password)
        done = passdb.set_up("bin")
        assert done.code == 0, done.err
        assert password not in done.out + done.err
        assert passdb.users() == {"bin": nt_hash}


def test_who_is_no_longer_described_is_no_longer_known(passdb: PasswordDatabase) -> None:
    passdb.secret("bin", FIRST)
    passdb.secret("daemon", SECOND)
    assert passdb.set_up("bin", "daemon").code == 0
    assert passdb.users() == {"bin": FIRST_HASH, "daemon": SECOND_HASH}
    assert passdb.set_up("daemon").code == 0
    assert passdb.users() == {"daemon": SECOND_HASH}


def test_without_a_secret_it_fails_and_the_password_stays(passdb: PasswordDatabase) -> None:
    passdb.secret("bin", FIRST)
    assert passdb.set_up("bin").code == 0
    passdb.secret("bin", "")
    assert passdb.set_up("bin").code != 0
    (passdb.folder / "secrets" / "bin").unlink()
    assert passdb.set_up("bin").code != 0
    assert passdb.users() == {"bin": FIRST_HASH}
