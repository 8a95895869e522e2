"""Accounts and sshd, both real: in a namespace with an /etc of its own."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sovereign.run import run
from sovereign.suite import sshd
from sovereign.suite.result import read_results

from .machines import Machine, Recorded, expect, look, machine

pytestmark = pytest.mark.usefixtures("kernel")

SETTINGS = """
Port 2222
ListenAddress 127.0.0.1
HostKey /etc/ssh/key
AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
PermitRootLogin no
PasswordAuthentication no
AllowUsers colter emily
"""
ACCOUNTS = """
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" /etc
mount -t tmpfs tmpfs /run
mkdir /run/sshd /etc/ssh/authorized_keys.d
useradd --no-create-home --groups users colter
useradd --no-create-home emily
usermod --password '*' colter
usermod --password '$y$j9T$x$x' emily
rm -f /etc/ssh/sshd_config.d/*
"""


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("credentials")
    (folder / "ssh").mkdir()
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "colter", "-f", folder / "colter"])
    (folder / "ssh" / "colter").write_bytes((folder / "colter").read_bytes())
    return folder


@pytest.fixture(scope="module")
def key(credentials: Path) -> str:
    return (credentials / "colter.pub").read_text().strip()


@pytest.fixture(scope="module")
def host(kernel: None, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    del kernel
    if shutil.which("sshd", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("sshd is not installed")
    folder = tmp_path_factory.mktemp("ssh")
    with machine() as one:
        one.transport.run(("sh", "-euc", ACCOUNTS, "sh", str(folder)), "", 30)
        one.run("cat > /etc/ssh/sshd_config", SETTINGS)
        one.run("cat > /etc/ssh/authorized_keys.d/colter", f"# by hand\n{key}\n")
        one.run("ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/key")
        argv = ("/usr/sbin/sshd", "-D", "-e")
        with one.running(*argv, log=folder.with_name("log"), ready="ss -Hltn | grep -q :2222"):
            yield one


def login(user: str, *, allowed: bool, port: int = 2222) -> dict[str, object]:
    return {
        "source": "inside",
        "address": "127.0.0.1",
        "port": port,
        "user": user,
        "allowed": allowed,
    }


def test_an_operator_gets_in_by_his_key_and_nobody_else_does(
    host: Machine, credentials: Path
) -> None:
    def enters(user: str, *, allowed: bool, port: int = 2222) -> tuple[str, str]:
        one = expect("ssh-login", **login(user, allowed=allowed, port=port))
        return look(one, host.transport, credentials=credentials)

    assert enters("colter", allowed=True) == ("passed", "")
    assert enters("root", allowed=False) == ("passed", "")
    assert enters("colter", allowed=False) == (
        "failed",
        "anybody gets in from inside as colter with somebody's key",
    )
    assert enters("root", allowed=False, port=2223)[1].startswith("root from inside is not refused")


def test_without_the_operators_key_nothing_is_tried(host: Machine, tmp_path: Path) -> None:
    one = expect("ssh-login", **login("colter", allowed=True))
    assert look(one, host.transport) == ("skipped", "no credentials are given: ssh/colter")
    assert look(one, host.transport, credentials=tmp_path)[1] == (
        "the credential ssh/colter is not given"
    )


def test_who_is_hung_up_on_waits_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(sshd.time, "sleep", waited.append)
    closed = [255, "", "Connection closed by 10.0.0.1 port 22"]
    client = Recorded({"ssh -F": closed, "sh -c umask": "/run/s\n", "rm": "", "sh": "key"})
    answered = look(
        expect("ssh-login", **{**login("root", allowed=False), "source": "vpn"}),
        zones={"vpn": client},
    )
    assert answered == (
        "failed",
        "root from vpn is not refused, but: Connection closed by 10.0.0.1 port 22",
    )
    assert len(waited) == sshd._TRIES


def test_a_setting_of_sshd(host: Machine) -> None:
    def setting(name: str, value: str) -> tuple[str, str]:
        return look(expect("ssh-setting", name=name, value=value), host.transport)

    assert setting("permitrootlogin", "no") == ("passed", "")
    assert setting("allowusers", "emily colter") == ("passed", "")
    assert setting("allowusers", "colter") == (
        "failed",
        'allowusers must be "colter", and is "colter emily"',
    )
    assert setting("x11forwarding", "yes")[1] == 'x11forwarding must be "yes", and is "no"'


def test_an_account_has_exactly_its_keys_its_groups_and_no_password(
    host: Machine, key: str
) -> None:
    def user(name: str, **fields: object) -> tuple[str, str]:
        return look(expect("user", name=name, **fields), host.transport)

    assert user("colter", keys=[key.replace(" colter", " by another name")]) == ("passed", "")
    assert user("colter", keys=[key], groups=["users"]) == ("passed", "")
    assert user("colter", keys=[key], groups=["wheel"]) == ("failed", "colter is not in wheel")
    assert user("nobody") == ("passed", "")
    assert user("no-such") == ("failed", "there is no account no-such")
    assert user("emily") == ("failed", "emily has a password, and must not")
    assert user("emily", keys=[key])[1].startswith("emily lacks a key: ssh-ed25519 ")
    assert user("colter")[1].startswith("colter has a key that nobody gave: ssh-ed25519 ")
    host.run("usermod --password '' emily")
    assert user("emily") == ("failed", "emily gets in with an empty password")


def test_a_key_with_options_in_front_is_a_key_too(host: Machine, key: str) -> None:
    host.run("cat > /etc/ssh/authorized_keys.d/nobody", f'command="true",no-pty {key}\n')
    outcome, message = look(expect("user", name="nobody"), host.transport)
    assert (outcome, message[:31]) == ("failed", "nobody has a key that nobody ga")
    host.run("rm /etc/ssh/authorized_keys.d/nobody")


def test_a_host_is_looked_at_over_ssh(host: Machine, credentials: Path, tmp_path: Path) -> None:
    identity = credentials / "colter"
    known = "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n"
    (tmp_path / "config").write_text(known)
    quoted = tmp_path / "it's; $(exit 7)"
    quoted.write_text("")
    given = {"concern": "test", "key": "a.b", "owner": "root", "group": "root", "mode": "0644"}
    one = {**given, "type": "file", "kind": "file", "path": str(quoted)}
    two = {"concern": "test", "key": "a.b", "type": "sysctl", "name": "no.such", "value": "1"}
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(0o755)
    document = tmp_path / "expectations.json"
    document.write_text(json.dumps({"host": "cloudlab", "expectations": [one, two]}))
    results = tmp_path / "results.json"
    enter = ["nsenter", f"--target={host.pid}", "--net", "--mount", "--"]
    suite = [sys.executable, "-P", "-m", "sovereign.suite", "--expectations", document]
    options = f"ssh_identity_file={identity}&ssh_config={tmp_path / 'config'}"
    inside = f"ssh://colter@127.0.0.1:2222?{options}"
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = run([*enter, *suite, "--inside", inside, "--results", results], env=path, check=False)
    assert done.code == 3, done.err
    found = [(one.outcome, one.message) for one in read_results(results).results]
    assert found == [("passed", ""), ("failed", "this kernel has no setting no.such")]
