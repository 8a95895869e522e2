"""A real smbd with two links, and its clients."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .machines import Machine, Recorded, expect, look, machine, wire

pytestmark = pytest.mark.usefixtures("kernel")

CONFIG = """
[global]
 server role = standalone server
 server min protocol = SMB3_11
 server smb encrypt = desired
 server multi channel support = yes
 map to guest = never
 restrict anonymous = 2
 disable netbios = yes
 interfaces = lo data vpn
 bind interfaces only = yes
 private dir = /run/samba
 lock directory = /run/samba
 state directory = /run/samba
 cache directory = /run/samba
 pid directory = /run/samba
 ncalrpc dir = /run/samba/ncalrpc
[code]
 path = /run/share
 read only = no
 valid users = colter
 smb encrypt = required
[media]
 path = /run/share
 read only = yes
 valid users = colter
 smb encrypt = desired
"""
ACCOUNTS = """
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" /etc
mount -t tmpfs tmpfs /run
mkdir -m 0777 /run/share
mkdir /run/samba
useradd --no-create-home colter
useradd --no-create-home other
cat > /etc/samba/smb.conf
for user in colter other; do
  printf '%s\\n%s\\n' "secret-$user" "secret-$user" | smbpasswd -s -a "$user"
done
"""
SHARE: Mapping[str, object] = {
    "source": "data",
    "address": "10.20.0.2",
    "share": "code",
    "users": ["colter"],
    "read_only": False,
    "encrypted": True,
}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("credentials")
    (folder / "samba").mkdir()
    for user in ("colter", "other"):
        (folder / "samba" / user).write_text(f"secret-{user}\n")
    return folder


@pytest.fixture(scope="module")
def world(
    kernel: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Machine, Machine]]:
    del kernel
    missing = [name for name in ("smbd", "smbclient", "smbpasswd") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"missing: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("smb")
    with machine() as host, machine() as client:
        wire(host, client, "data", "10.20.0.2/24", "10.20.0.10/24")
        wire(host, client, "vpn", "10.0.0.1/24", "10.0.0.2/24")
        done = host.transport.run(("sh", "-euc", ACCOUNTS, "sh", str(folder)), CONFIG, 60)
        assert done.code == 0, done.err
        argv = ("smbd", "--foreground", "--no-process-group")
        ready = "ss -Hltn | grep -q 10.20.0.2:445"
        with host.running(*argv, log=folder.with_name("smbd.log"), ready=ready):
            yield host, client


def share(
    world: tuple[Machine, Machine], credentials: Path | None, **fields: object
) -> tuple[str, str]:
    host, client = world
    one = expect("smb-share", **{**SHARE, **fields})
    return look(one, host.transport, {"data": client.transport}, credentials)


def test_its_users_reach_a_share_encrypted_and_nobody_else_does(
    world: tuple[Machine, Machine], credentials: Path
) -> None:
    assert share(world, credentials) == ("passed", "")


def test_a_share_that_does_not_require_encryption_is_found(
    world: tuple[Machine, Machine], credentials: Path
) -> None:
    assert share(world, credentials, share="media", read_only=True) == (
        "failed",
        "colter reaches media from data without encryption",
    )
    assert share(world, credentials, share="media", read_only=True, encrypted=False) == (
        "passed",
        "",
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"users": ["other"]}, "other must reach code from data, and does not"),
        ({"users": []}, "colter reaches code from data, and must not"),
        ({"read_only": True}, "code from data can be written, and must not"),
        (
            {"share": "media", "encrypted": False},
            "media from data cannot be written (NT_STATUS_",
        ),
        (
            {"share": "none"},
            "the server does not refuse, it says: tree connect failed: NT_STATUS_BAD",
        ),
        ({"address": "127.0.0.1"}, "the server does not refuse, it says: "),
    ],
)
def test_what_is_wrong_with_a_share_is_said(
    world: tuple[Machine, Machine], credentials: Path, fields: dict[str, object], message: str
) -> None:
    outcome, said = share(world, credentials, **fields)
    assert (outcome, said[: len(message)]) == ("failed", message)


def test_no_password_is_left_behind_or_told(
    world: tuple[Machine, Machine], credentials: Path, tmp_path: Path
) -> None:
    _, client = world
    share(world, credentials)
    assert client.run("ls /run | grep -c sovereign || true").strip() == "0"
    (tmp_path / "samba").mkdir()
    (tmp_path / "samba" / "colter").write_text("hunter2")
    outcome, said = share(world, tmp_path)
    assert outcome == "failed"
    assert "hunter2" not in said


def test_without_the_users_password_a_share_is_skipped(
    world: tuple[Machine, Machine], tmp_path: Path
) -> None:
    assert share(world, None) == ("skipped", "no credentials are given: samba/colter")
    assert share(world, tmp_path) == ("skipped", "the credential samba/colter is not given")


def test_the_servers_own_words(world: tuple[Machine, Machine]) -> None:
    def server(**fields: object) -> tuple[str, str]:
        given = {"addresses": [], "multichannel": True, "minimum_protocol": "SMB3_11", **fields}
        return look(expect("smb-server", **given), world[0].transport)

    assert server() == ("passed", "")
    assert server(minimum_protocol="SMB2")[1] == "server min protocol must be SMB2, and is SMB3_11"
    assert server(multichannel=False)[1] == "server multi channel support must be No, and is Yes"


INFO = """
        ipv4                     : 10.92.0.1
        ipv4                     : 10.91.0.1
        ipv4                     : 127.0.0.1
        ipv6                     : ::1
success: interface_info
"""
BOUND = "".join(f"bound session2 [#{n}] to session2 [0]\n" for n in range(1, 32))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (BOUND, ("passed", "")),
        (
            "failure: num_channels [\nNT_STATUS_ACCESS_DENIED\n]",
            ("failed", "a client in data must get 2 channels to code, and gets 1"),
        ),
        (
            "Failed to connect to SMB2 share",
            ("failed", "no channel: Failed to connect to SMB2 share"),
        ),
    ],
)
def test_channels_are_counted(credentials: Path, said: str, expected: tuple[str, str]) -> None:
    """As smbtorture 4.22 tells them; `server smb encrypt = required` for all lets only one through."""
    client = Recorded({"sh": "/run/s\n", "rm": "", "grep": [1, ""], "smbtorture": [1, said]})
    one = expect(
        "smb-channels", source="data", address="10.20.0.2", share="code", user="colter", at_least=2
    )
    assert look(one, zones={"data": client}, credentials=credentials) == expected
    assert not any("secret-colter" in line for line in client.asked)


def test_the_kernels_own_channels_are_counted(credentials: Path) -> None:
    told = "1) ConnectionId: 0x1\n\tExtra Channels: 3 \n\n\t\tChannel: 2 ConnectionId: 0x2\n"
    client = Recorded({"sh": "/run/s\n", "rm": "", "grep": "", "sh -s": told})
    one = expect(
        "smb-channels", source="data", address="10.20.0.2", share="code", user="colter", at_least=4
    )
    assert look(one, zones={"data": client}, credentials=credentials) == ("passed", "")
    one = one.model_copy(update={"at_least": 5})
    assert look(one, zones={"data": client}, credentials=credentials)[1].endswith("and gets 4")


def test_the_addresses_that_clients_are_offered(credentials: Path) -> None:
    inside = Recorded(
        {
            "testparm -s --parameter-name=server min": "SMB3\n",
            "testparm -s --parameter-name=server multi": "Yes\n",
        }
    )
    client = Recorded({"sh": "/run/s\n", "rm": "", "smbtorture": INFO})
    known = expect("smb-share", **SHARE)

    def server(*addresses: str) -> tuple[str, str]:
        one = expect(
            "smb-server", addresses=addresses, multichannel=True, minimum_protocol="SMB3_11"
        )
        return look(one, inside, {"data": client}, credentials, [known])

    assert server("10.91.0.1", "10.92.0.1") == ("passed", "")
    assert server("10.91.0.1") == (
        "failed",
        "clients must be offered 10.91.0.1, and are 10.91.0.1, 10.92.0.1",
    )
