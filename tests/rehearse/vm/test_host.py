"""The host in a guest: what is written there, and how the suite gets into its surroundings."""

import re
import subprocess
from pathlib import Path

import pytest

from sovereign.expectations.document import Document
from sovereign.expectations.smb import SmbChannels
from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.vm.host import vantage_config, written
from sovereign.rehearse.vm.kernel import unproven


@pytest.mark.parametrize(
    "text", ["", "a line\n", "no end", 'it\'s "$HOME" `id` \\ ü\nEND\n'], ids=repr
)
def test_a_file_is_written_as_it_is(tmp_path: Path, text: str) -> None:
    me = {"owner": _mine("-un"), "group": _mine("-gn")}
    path = tmp_path / "a folder" / "it's.conf"
    command = written(Placed(str(path), text, 0o640, **me))
    subprocess.run(["bash", "-euo", "pipefail", "-s"], input=command, text=True, check=True)
    assert path.read_text("utf-8") == text
    assert path.stat().st_mode & 0o7777 == 0o640


def _mine(flag: str) -> str:
    return subprocess.run(["id", flag], capture_output=True, text=True, check=True).stdout.strip()


def test_the_suite_gets_into_a_network_over_the_connection_to_the_guest(tmp_path: Path) -> None:
    file = tmp_path / "ssh_config"
    file.write_text(vantage_config(tmp_path, "data", 3), "utf-8")
    asked = ["ssh", "-G", "-F", str(file), "at-data"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    options = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert options["proxycommand"] == (
        f'ssh -F "{file}" guest "nsenter --net=/run/netns/at-data '
        '/usr/sbin/sshd -i -f /etc/rehearsal/sshd_config"'
    )
    assert options["stricthostkeychecking"] in {"true", "yes"}
    assert options["batchmode"] == "yes"
    assert options["controlpath"] == str(tmp_path / "ssh-3")


def channels(source: str, share: str) -> SmbChannels:
    return SmbChannels(
        concern="samba",
        key="samba.multichannel",
        source=source,
        address="10.0.0.1",
        share=share,
        user="someone",
        at_least=2,
    )


def test_one_share_from_each_zone_is_tried_and_the_others_say_so() -> None:
    asked = [channels(zone, share) for zone in ("vpn", "data") for share in ("code", "media")]
    rows = unproven(Document.of("host", asked))
    skipped = [one.id for one in asked if any(_matches(pattern, one.id) for pattern in rows)]
    assert skipped == ["smb-channels: media from vpn", "smb-channels: media from data"]
    assert rows[r"smb\-channels:\ media\ from\ vpn"].endswith("smb-channels: code from vpn")


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None
