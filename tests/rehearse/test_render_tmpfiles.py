"""tmpfiles.d as NixOS renders it, applied by the real systemd-tmpfiles."""

import shutil
from pathlib import Path

import pytest

from sovereign.rehearse.render.tmpfiles import Rule, rules_file, settings_file
from sovereign.run import run


@pytest.fixture
def tmpfiles() -> str:
    program = shutil.which("systemd-tmpfiles")
    if program is None:
        pytest.skip("not installed: systemd-tmpfiles")
    return program


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (Rule(type="z", mode="0400", user="root"), "'z' '/a' '0400' 'root' '-' '-' \n"),
        (Rule(type="f", argument="a b\\c"), "'f' '/a' '-' '-' '-' '-' a\\x20b\\x5Cc\n"),
    ],
)
def test_the_text(rule: Rule, line: str) -> None:
    assert settings_file({"/a": {rule.type: rule}}) == line


def test_rules_stand_by_path_and_type() -> None:
    rules = {path: {kind: Rule(type=kind) for kind in "zd"} for path in ("/b", "/a")}
    lines = settings_file(rules).splitlines()
    assert [line[:8] for line in lines] == ["'d' '/a'", "'z' '/a'", "'d' '/b'", "'z' '/b'"]


def test_it_is_applied(tmp_path: Path, tmpfiles: str) -> None:
    secret = tmp_path / "persist" / "token"
    secret.parent.mkdir()
    secret.write_text("x", "utf-8")
    secret.chmod(0o644)
    settings = {
        "/persist/token": {"z": Rule(type="z", mode="0400")},
        "/persist/gone": {"z": Rule(type="z", mode="0400")},
        "/note": {"f": Rule(type="f", mode="0600", argument="two words\\")},
    }
    file = tmp_path / "a.conf"
    file.write_text(settings_file(settings) + rules_file(["d /share 2770 - - -"]), "utf-8")
    run([tmpfiles, "--create", f"--root={tmp_path}", file])
    modes = {path: (tmp_path / path).stat().st_mode & 0o7777 for path in ("persist/token", "share")}
    assert modes == {"persist/token": 0o400, "share": 0o2770}
    assert (tmp_path / "note").read_text("utf-8") == "two words\\"
    assert not (tmp_path / "persist" / "gone").exists()
