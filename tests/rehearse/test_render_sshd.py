"""sshd_config as NixOS renders it, read back by the real sshd."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import pytest

from sovereign.rehearse.render.sshd_config import (
    HostKey,
    ListenAddress,
    Value,
    authorized_keys,
    keygen_script,
    own_lines,
    sshd_config,
)
from sovereign.rehearse.values import ValuesError
from sovereign.run import run


class Lines(TypedDict, total=False):
    ipv6: bool
    ports: Sequence[int]
    addresses: Sequence[ListenAddress]
    sftp: Sequence[str] | None
    key_files: Sequence[str]


def lines(key: str, changed: Lines | None = None) -> str:
    told = changed or {}
    return own_lines(
        ipv6=told.get("ipv6", True),
        ports=told.get("ports", [22]),
        addresses=told.get("addresses", []),
        sftp=told.get("sftp"),
        key_files=told.get("key_files", ["/etc/ssh/authorized_keys.d/%u"]),
        host_keys=[HostKey(path=key, type="ed25519")],
    )


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"UsePAM": True, "PermitRootLogin": "no"}, "PermitRootLogin no\nUsePAM yes\nmore\n"),
        ({"Banner": None, "RequiredRSASize": 3072}, "RequiredRSASize 3072\nmore\n"),
        ({"AllowUsers": ("ann", "bob")}, "AllowUsers ann bob\nmore\n"),
        ({"Ciphers": ("aes256-ctr", "aes128-ctr")}, "Ciphers aes256-ctr,aes128-ctr\nmore\n"),
    ],
)
def test_settings(settings: dict[str, Value], text: str) -> None:
    assert sshd_config(settings, "more") == text


def test_a_list_where_nixos_takes_none_is_refused() -> None:
    with pytest.raises(ValuesError, match=r"services\.openssh\.settings\.Port is a list"):
        sshd_config({"Port": ("22", "23")}, "")


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"ipv6": False}, "AddressFamily inet"),
        ({"ports": [22, 2222]}, "Port 22\nPort 2222"),
        ({"addresses": [ListenAddress(addr="10.0.0.1")]}, "ListenAddress 10.0.0.1"),
        ({"addresses": [ListenAddress(addr="10.0.0.1", port=2)]}, "ListenAddress 10.0.0.1:2"),
        ({"sftp": ["/sftp", "-l", "INFO"]}, "Subsystem sftp /sftp -l INFO"),
        ({"key_files": ["%h/a", "/b"]}, "AuthorizedKeysFile %h/a /b"),
    ],
)
def test_lines_of_its_own(changed: Lines, line: str) -> None:
    assert f"\n{line}\n" in f"\n{lines('/key', changed)}\n"


def test_each_account_has_its_keys_on_lines() -> None:
    assert authorized_keys(("ssh-a 1", "ssh-b 2"), ()) == "ssh-a 1\nssh-b 2\n\n"
    assert authorized_keys((), ("ssh-c 3\n",)) == "\nssh-c 3\n\n\n"


@pytest.mark.parametrize(
    ("setting", "value", "read"),
    [
        ("PasswordAuthentication", False, "passwordauthentication no"),
        ("PermitRootLogin", "no", "permitrootlogin no"),
        ("AllowUsers", ("ann", "bob"), "allowusers ann\nallowusers bob"),
        ("Macs", ("hmac-sha2-512", "hmac-sha2-256"), "macs hmac-sha2-512,hmac-sha2-256"),
    ],
)
def test_sshd_reads_what_was_meant(tmp_path: Path, setting: str, value: Value, read: str) -> None:
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
    if sshd is None or os.geteuid() != 0:
        pytest.skip("sshd is not installed, or this is not root")
    key = tmp_path / "folder" / "key"
    run(
        ["bash", "-e"], stdin=keygen_script([HostKey(path=str(key), type="ed25519", comment="a b")])
    )
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.with_name("key.pub").read_text("utf-8").endswith(" a b\n")
    file = tmp_path / "sshd_config"
    file.write_text(sshd_config({setting: value}, lines(str(key))), "utf-8")
    # in a /run of its own, where sshd has the folder that it asks for
    alone = 'mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec "$@"'
    told = run(["unshare", "--mount", "sh", "-c", alone, "sh", sshd, "-T", "-f", file], check=False)
    assert f"\n{read}\n" in f"\n{told.out}", told.err
    assert "\nauthorizedkeysfile /etc/ssh/authorized_keys.d/%u\n" in told.out


def test_keys_that_are_there_stay(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("kept", "utf-8")
    run(["bash", "-e"], stdin=keygen_script([HostKey(path=str(key), type="ed25519")]))
    assert key.read_text("utf-8") == "kept"
