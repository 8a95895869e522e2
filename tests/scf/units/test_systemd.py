"""The units, as systemd itself reads them."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.scf.unit_places import ODD, PLAIN

from scf.units import Install, InstallError, systemd_release, systemd_timer, systemd_unit
from sovereign.run import run


@pytest.fixture
def analyze() -> str:
    path = shutil.which("systemd-analyze")
    if path is None:
        pytest.skip("missing: systemd-analyze")
    return path


def _verified(analyze: str, folder: Path, install: Install) -> str:
    """What systemd says of the three of them; a program that is there is named, as it looks."""
    texts = {
        "scf.service": systemd_unit(install),
        "scf-release.service": systemd_release(install),
        "scf-release.timer": systemd_timer(install),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    done = run([analyze, "verify", "--man=no", *(folder / name for name in texts)], check=False)
    assert done.code == 0, done.err
    return done.err


@pytest.mark.parametrize("odd", [False, True])
def test_systemd_has_nothing_to_say(analyze: str, tmp_path: Path, odd: bool) -> None:
    program = tmp_path / ("bin %h $x" if odd else "scf")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert _verified(analyze, tmp_path, replace(ODD if odd else PLAIN, program=program)) == ""


def test_systemd_would_have_said_something(analyze: str, tmp_path: Path) -> None:
    """Of a program that is missing, and of a setting that it does not know."""
    (tmp_path / "x.service").write_text(systemd_unit(PLAIN).replace("Type=exec", "Typo=exec"))
    done = run([analyze, "verify", "--man=no", tmp_path / "x.service"], check=False)
    assert "Typo" in done.err
    assert "/opt/scf/bin/scf is not executable" in done.err


def test_it_is_exposed_to_little(analyze: str, tmp_path: Path) -> None:
    (tmp_path / "scf.service").write_text(systemd_unit(PLAIN))
    done = run([analyze, "security", "--offline=yes", tmp_path / "scf.service"])
    level = re.search(r"exposure level for scf.service: ([0-9.]+)", done.out)
    assert level is not None
    assert float(level[1]) <= 2.5


def test_the_week_begins_when_releases_say_it_does(analyze: str) -> None:
    when = re.search(r"^OnCalendar=(.*)$", systemd_timer(PLAIN), re.MULTILINE)
    assert when is not None
    done = run([analyze, "calendar", when[1]], env={"TZ": "Pacific/Kiritimati"})
    assert re.search(r"\(in UTC\): Mon .* 06:00:00 UTC", done.out)


def test_it_starts_after_the_drive_and_writes_nowhere_else() -> None:
    for text in (systemd_unit(PLAIN), systemd_release(PLAIN)):
        assert 'RequiresMountsFor="/mnt/fossils" "/var/lib/scf"' in text
        assert "AssertPathIsDirectory=/mnt/fossils/fossil_vault" in text
        assert 'ReadWritePaths="/mnt/fossils" "/var/lib/scf"' in text
        assert "ProtectSystem=strict" in text
        assert "User=fossils" in text
    assert 'ExecStart="/opt/scf/bin/scf" daemon --home "/var/lib/scf"' in systemd_unit(PLAIN)
    assert "Restart=on-failure" in systemd_unit(PLAIN)
    assert 'ExecStart="/opt/scf/bin/scf" release --home "/var/lib/scf"' in systemd_release(PLAIN)


def test_specifiers_variables_and_quotes_are_spelled_out() -> None:
    text = systemd_unit(ODD)
    assert '--home "/var/lib/s cf/$$HOME 100%%"' in text
    assert r'ReadWritePaths="/mnt/my \"fossils\" \\x41" "/var/lib/s cf/$HOME 100%%"' in text


WRONG = {
    "a relative path": {"drive": Path("mnt/fossils")},
    "a way up": {"state": Path("/var/lib/../../etc")},
    "the whole disk": {"drive": Path("/")},
    "a line of its own": {"program": Path("/bin/scf\nExecStartPre=/bin/sh")},
    "a tab": {"state": Path("/var/lib/a\tb")},
    "a null": {"state": Path("/var/lib/a\0b")},
    "an escape of a terminal": {"drive": Path("/mnt/\x1b[31m")},
    "no user": {"user": ""},
    "a user that is a number": {"user": "0"},
    "a user with a line of its own": {"user": "scf\nExecStartPre=/bin/sh"},
    "a user with a specifier": {"user": "%u"},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_what_no_unit_can_hold_is_refused(changed: dict[str, Path | str]) -> None:
    with pytest.raises(InstallError, match=f"^{next(iter(changed))}: "):
        replace(PLAIN, **changed)


@pytest.mark.parametrize("sign", "\"'\\")
def test_systemd_runs_no_program_with_a_quote_in_its_path(sign: str) -> None:
    with pytest.raises(InstallError, match=r"^program: "):
        systemd_unit(replace(PLAIN, program=Path(f"/opt/a{sign}b/scf")))
