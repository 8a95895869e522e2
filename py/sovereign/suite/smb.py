"""What clients of SMB say."""

import json
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest

from sovereign.run import Completed
from sovereign.suite.vantage import Vantage, last_line

_REFUSED = (
    "NT_STATUS_ACCESS_DENIED",
    "NT_STATUS_LOGON_FAILURE",
    "NT_STATUS_CONNECTION_DISCONNECTED",  # to nobody who asks for an encrypted share
)
_GOT_IN = "share 00000000"
_KEPT_OUT = ("share c0000022", "session c0000022")
"""STATUS_ACCESS_DENIED, of the share or of the whole server."""

_PLAIN = Path(__file__).parent / "programs" / "smb_plain.py"
_DENIED = ("NT_STATUS_ACCESS_DENIED", "NT_STATUS_MEDIA_WRITE_PROTECTED")
_ADDRESS = re.compile(r"^\s*ipv[46]\s*: (\S+)$", re.MULTILINE)
_BOUND = re.compile(r"^bound session2 \[#\d+\]", re.MULTILINE)
_EXTRA = re.compile(r"Extra Channels: (\d+)")
_TESTS = "smb2.multichannel.generic"

_MOUNT = """
set -u
place=$(mktemp -d)
options="vers=3.1.1,multichannel,max_channels=$3,port=$4,credentials=$2"
mount -t cifs -o "$options,seal" "$1" "$place" || mount -t cifs -o "$options" "$1" "$place" || exit 1
ls "$place" >/dev/null
sleep 2
cat /proc/fs/cifs/DebugData
umount "$place"
rmdir "$place"
"""


@dataclass(frozen=True, slots=True)
class At:
    """A share of a server, as a client sees it."""

    client: Vantage
    address: str
    port: int
    share: str

    @property
    def name(self) -> str:
        """As clients write it."""
        return f"//{self.address}/{self.share}"


def account(user: str, password: str) -> str:
    """A file of credentials, as all of Samba's programs and mount.cifs read it."""
    return f"username={user}\npassword={password}\n"


def ask(at: At, file: str | None, command: str = "ls") -> Completed:
    """Run commands of smbclient on a share; without a file of credentials as nobody."""
    who = ("-A", file) if file else ("-N", "-U", "%")
    safe = f"--client-protection={'encrypt' if file else 'sign'}"
    way = ("-p", str(at.port), "-m", "SMB3_11", safe)
    return at.client.run("smbclient", at.name, *who, *way, "-c", command)


def without_encryption(at: At, user: str, password: str) -> bool:
    """Whether a client that cannot encrypt gets in. What is no answer of the server fails the check."""
    who = {"user": user, "password": password}
    given = {"address": at.address, "port": at.port, "share": at.share, **who}
    call = f"\n\nimport json\n\nmain(**json.loads({json.dumps(json.dumps(given))}))\n"
    text = _PLAIN.read_text("utf-8") + call
    out = at.client.output("python3", "-", stdin=text, timeout=60).strip()
    if out not in {_GOT_IN, *_KEPT_OUT}:
        pytest.fail(f"without encryption the server answers {last_line(out)}", pytrace=False)
    return out == _GOT_IN


def refused(done: Completed) -> bool:
    """Whether the server let nobody in. What is no answer of the server fails the check."""
    if done.code == 0:
        return False
    said = done.out + done.err
    if not any(status in said for status in _REFUSED):
        pytest.fail(f"the server does not refuse, it says: {last_line(said)}", pytrace=False)
    return True


def denied(done: Completed) -> bool:
    """Whether the share could not be written."""
    return any(status in done.out + done.err for status in _DENIED)


def offered(at: At, file: str) -> set[str]:
    """The addresses that the server offers for channels, without loopback."""
    done = _torture(at, file, "interface_info")
    found = set(_ADDRESS.findall(done.out + done.err))
    if done.code != 0 or not found:
        pytest.fail(f"the server offers nothing: {last_line(done.out + done.err)}", pytrace=False)
    return {text for text in found if not ip_address(text).is_loopback}


def channels(at: At, file: str, wanted: int) -> int:
    """How many channels a client gets to a share."""
    client = at.client
    if client.run("grep", "-qw", "cifs", "/proc/filesystems").code == 0 and client.exists(
        "mount.cifs"
    ):
        words = (at.name, file, str(max(wanted, 2)), str(at.port))
        done = client.run("sh", "-s", *words, stdin=_MOUNT, timeout=60)
        if done.code != 0:
            pytest.fail(f"the share cannot be mounted: {last_line(done.err)}", pytrace=False)
        return 1 + max(map(int, _EXTRA.findall(done.out)), default=0)
    done = _torture(at, file, "num_channels")
    bound = len(_BOUND.findall(done.out + done.err))
    if not bound and "NT_STATUS_ACCESS_DENIED" not in done.out + done.err:
        pytest.fail(f"no channel: {last_line(done.out + done.err)}", pytrace=False)
    return 1 + bound


def _torture(at: At, file: str, test: str) -> Completed:
    at.client.need("smbtorture")
    words = (at.name, "-A", file, "-p", str(at.port), "-d", "1", f"{_TESTS}.{test}")
    return at.client.run("smbtorture", *words, timeout=90)
