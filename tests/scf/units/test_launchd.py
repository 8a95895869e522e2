"""The property lists, as a Mac reads them."""

import plistlib
from datetime import UTC, datetime, timedelta

import pytest
from tests.scf.unit_places import MAC, ODD, PLAIN

from scf.units import Install, launchd_plist, launchd_release_plist


@pytest.mark.parametrize("install", [MAC, PLAIN, ODD], ids=["mac", "plain", "odd"])
def test_the_daemon_is_started_again_when_it_fails(install: Install) -> None:
    table = plistlib.loads(launchd_plist(install).encode())
    assert table["ProgramArguments"] == [
        str(install.program),
        "daemon",
        "--home",
        str(install.state),
    ]
    assert table["KeepAlive"] == {"SuccessfulExit": False}
    assert table["RunAtLoad"] is True
    assert table["UserName"] == install.user
    assert table["StandardErrorPath"] == f"{install.state}/daemon.log"


def test_the_release_is_made_on_mondays() -> None:
    table = plistlib.loads(launchd_release_plist(MAC).encode())
    when = table["StartCalendarInterval"]
    assert when["Weekday"] == 1
    local = datetime(2026, 11, 16, when["Hour"], when["Minute"], tzinfo=UTC)  # a Monday
    for offset in range(-12, 15):  # hours that a local clock is ahead of UTC by
        begun = local - timedelta(hours=offset)
        assert begun > datetime(2026, 11, 16, tzinfo=UTC)
    assert table["ProgramArguments"][1:3] == ["release", "--home"]
    assert "KeepAlive" not in table


def test_the_two_do_not_share_a_name() -> None:
    texts = (launchd_plist(MAC), launchd_release_plist(MAC))
    assert len({plistlib.loads(text.encode())["Label"] for text in texts}) == 2
