"""`sovereign verify`: running hosts against the inventory."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fleets import FLEET, HOST, ROOT, copy_with
from sovereign.cli import run
from sovereign.errors import Exit, UsageError
from sovereign.inventory.load import load
from sovereign.operate import verify as operate
from sovereign.operate.verify import (
    From,
    MissingExtraError,
    NoAddressError,
    Verified,
    address_of,
    exit_code,
    failures,
    verify,
)
from sovereign.suite.result import Outcome, Result, Results

SECOND = "hosts/second/host.toml"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """cloudlab with as many threads as this machine, and a host second that is the same."""
    threads = os.cpu_count() or 1
    root = copy_with(tmp_path, {HOST: {"threads = 56": f"threads = {threads}"}})
    (root / SECOND).parent.mkdir()
    (root / SECOND).write_text((root / HOST).read_text("utf-8"), "utf-8")
    return root


def result(outcome: Outcome, message: str = "", **fields: object) -> Result:
    return Result.model_validate(
        {
            "id": "socket: tcp 445",
            "type": "socket",
            "concern": "samba",
            "key": "samba.zones",
            "shared": False,
            "outcome": outcome,
            "message": message,
            "seconds": 0.5,
            **fields,
        }
    )


def verified(host: str, *results: Result) -> Verified:
    return Verified(host, Results(host=host, results=results))


UNREACHED = Verified("second", None, "no route")


def test_a_failed_check_is_shown_at_its_line_of_the_inventory(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "cloudlab", "--root", str(fleet), "--hosts", "local://"]
    assert run([*words, "--only", "hardware", "--color", "never"]) == Exit.FINDINGS
    shown = capsys.readouterr()
    lines = [line.rstrip() for line in shown.out.splitlines()]
    assert lines[0].split() == ["check", "cloudlab"]
    assert "disk       16 failed" in lines
    assert "processor  1 passed" in lines
    at = lines.index("error[VER005]: there is no disk at /dev/disk/by-id/nvme-A")
    assert lines[at + 1].strip().startswith(f"--> {HOST}:")
    assert "nvme-a = {" in lines[at + 3]
    assert set(lines[at + 4].partition("|")[2].strip()) == {"^"}
    assert lines[at + 5].endswith("= expected of cloudlab: disk: /dev/disk/by-id/nvme-A")
    assert "1 skipped: the host lacks nvidia-smi" in lines
    assert "checking 1 host …" in shown.err
    assert "cloudlab: 1 passed, " in shown.err


def test_an_answer_for_a_program_and_junit(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = fleet / "junit.xml"
    words = ["verify", "cloudlab", "--root", str(fleet), "--hosts", "local://", "--json"]
    assert run([*words, "--only", "hardware", "--junit", str(report)]) == Exit.FINDINGS
    told = json.loads(capsys.readouterr().out)
    results = told["hosts"]["cloudlab"]["results"]
    assert {one["outcome"] for one in results} == {"passed", "failed", "skipped"}
    failed = [one for one in results if one["outcome"] == "failed"]
    assert len(told["findings"]) == len(failed)
    assert {"file", "line", "column", "key", "host"} <= set(told["findings"][0])
    assert all(one["line"] for one in told["findings"])
    (suite,) = ElementTree.parse(report).getroot()
    assert suite.get("failures") == str(len(failed))


def test_hosts_that_cannot_be_reached_are_told_apart(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--root", str(fleet), "--only", "hardware"]
    away = "ssh://nobody@127.0.0.1:1"
    assert run([*words, "second", "--hosts", away]) == Exit.FAILED
    assert "second was not looked at: nobody@127.0.0.1: ssh: connect" in capsys.readouterr().out
    code = run([*words, "--hosts", "cloudlab=local://", "--hosts", f"second={away}"])
    assert code == Exit.FINDINGS
    shown = capsys.readouterr().out
    assert "second was not looked at" in shown
    assert "16 failed" in shown


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([verified("cloudlab", result("passed"), result("skipped"))], Exit.DONE),
        ([verified("cloudlab", result("passed"), result("failed"))], Exit.FINDINGS),
        ([verified("cloudlab", result("passed")), UNREACHED], Exit.SOME_HOSTS_FAILED),
        ([verified("cloudlab", result("failed")), UNREACHED], Exit.FINDINGS),
        ([UNREACHED], Exit.FAILED),
        ([], Exit.DONE),
    ],
)
def test_the_exit_code_tells_how_it_went(found: list[Verified], code: Exit) -> None:
    assert exit_code(found) == code


def test_a_key_of_the_whole_fleet_is_shown_in_its_file() -> None:
    inventory = load(ROOT)
    shared = result("failed", "no", key="policy.vpn.data[0]", shared=True, stand_in="smb.conf")
    own, fleets = failures(inventory, [verified("cloudlab", result("failed", "no"), shared)])
    assert (own.file, own.at) == (ROOT / HOST, ("samba", "zones"))
    assert (fleets.file, fleets.at) == (ROOT / FLEET, ("policy", "vpn", "data", 0))
    assert "smb.conf" in fleets.detail


def test_a_host_is_called_as_the_inventory_says(tmp_path: Path) -> None:
    assert address_of(load(ROOT), "cloudlab") == "ssh://colter@10.0.0.1:22?sudo=true"
    uplink = {'zones = ["vpn", "management"]': 'zones = ["internet"]'}
    with pytest.raises(NoAddressError) as raised:
        address_of(load(copy_with(tmp_path, {HOST: uplink})), "cloudlab")
    assert "--hosts" in (raised.value.hint or "")


def test_without_its_packages_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operate, "find_spec", lambda name: None if name == "testinfra" else name)
    with pytest.raises(MissingExtraError) as raised:
        verify(load(ROOT), ["cloudlab"], From({}), lambda _: None)
    assert raised.value.message == "testinfra cannot be imported"
    assert "sovereign[verify]" in (raised.value.hint or "")


def test_a_concern_that_does_not_exist() -> None:
    given = replace(From({"cloudlab": "local://"}), only="hardware,smb")
    with pytest.raises(UsageError, match="no concern is called smb"):
        verify(load(ROOT), ["cloudlab"], given, lambda _: None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hosts", "local://"], "does not say which of 2 hosts it is"),
        (["cloudlab", "--hosts", "second=local://"], "names a host that is not chosen"),
        (["no-such"], 'no host matches "no-such"'),
    ],
)
def test_words_that_do_not_fit(
    fleet: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(["verify", "--root", str(fleet), *words]) == Exit.USAGE
    assert said in capsys.readouterr().err


def test_many_hosts_have_a_row_each(
    monkeypatch: pytest.MonkeyPatch, fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = [verified(f"web-{n}", result("passed"), result("skipped", "none")) for n in range(8)]
    many[3] = verified("web-3", result("failed", "no"))
    monkeypatch.setattr(operate, "verify", lambda *_: tuple(many))
    monkeypatch.setattr(operate, "failures", lambda *_: ())
    assert run(["verify", "--root", str(fleet), "--color", "never"]) == Exit.FINDINGS
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0].split() == ["host", "result", "failed", "checks"]
    assert lines[4].split() == ["web-3", "1", "failed", "socket"]
    assert "web-0: 1 skipped: none" in lines


def test_the_verdict_is_told_to_who_stops_to_read(
    monkeypatch: pytest.MonkeyPatch, fleet: Path
) -> None:
    def closed(_: str) -> None:
        raise BrokenPipeError

    failed = (verified("cloudlab", result("failed", "no")),)
    monkeypatch.setattr(operate, "verify", lambda *_: failed)
    monkeypatch.setattr("sovereign.cli.output.answer_json", lambda _: closed(""))
    report = fleet / "junit.xml"
    words = ["verify", "cloudlab", "--root", str(fleet), "--json", "--junit", str(report)]
    assert run(words) == Exit.FINDINGS
    assert report.exists()


def test_help_has_an_example() -> None:
    argv = [sys.executable, "-m", "sovereign", "verify", "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert "Example: sovereign verify cloudlab" in done.stdout
