"""The command line: words, streams and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from fleets import FLEET, HOST, ROOT, copy_with
from sovereign.cli import VERBS, run
from sovereign.cli.hosts import complete_hosts
from sovereign.errors import Exit

GENERATED = "hosts/cloudlab/generated"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return copy_with(tmp_path, {})


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Every generated file with its inode and time of change."""
    stats = {p.name: p.stat() for p in (root / GENERATED).iterdir()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def test_the_main_job_writes_once_and_then_nothing(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", "--root", str(fleet)]) == Exit.DONE
    first = files(fleet)
    assert {"default.nix", "storage.nix", "format.sh"} <= set(first)
    assert "cloudlab  written: " in capsys.readouterr().out
    assert run(["generate", "--root", str(fleet)]) == Exit.DONE
    assert files(fleet) == first
    out = capsys.readouterr().out
    assert f"0 files written, {len(first)} unchanged" in out
    assert "111.7 TB = 101.6 TiB" in out
    assert "review: " in out


def test_what_is_committed_is_current() -> None:
    assert run(["generate", "--check", "--root", str(ROOT)]) == Exit.DONE
    assert run(["schema", "--check", "--root", str(ROOT)]) == Exit.DONE


def test_check_tells_drift_and_generate_mends_it(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["generate", "--root", str(fleet)])
    edited, extra = fleet / GENERATED / "boot.nix", fleet / GENERATED / "stray.nix"
    right = edited.read_text("utf-8")
    edited.write_text(right + "# by hand\n", "utf-8")
    extra.write_text("{ }\n", "utf-8")
    capsys.readouterr()
    assert run(["generate", "--check", "--diff", "--root", str(fleet)]) == Exit.FINDINGS
    shown = capsys.readouterr()
    assert "-# by hand" in shown.out
    assert "stale: boot.nix, -stray.nix" in shown.out
    assert "not current" in shown.err
    assert extra.exists()
    assert run(["generate", "--root", str(fleet)]) == Exit.DONE
    assert edited.read_text("utf-8") == right
    assert not extra.exists()


def test_an_error_of_the_review_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_with(tmp_path, {HOST: {'size = "200GiB"': 'size = "1900GiB"'}})
    assert run(["generate", "--root", str(root)]) == Exit.FINDINGS
    assert not (root / GENERATED).exists()
    shown = capsys.readouterr()
    assert "nothing was written" in shown.err
    assert f"--> {HOST}:" in shown.err
    assert shown.out == ""


def test_an_invalid_inventory_is_told_at_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_with(tmp_path, {HOST: {"autotrim = true": "autotrim = 1"}})
    assert run(["check", "--root", str(root)]) == Exit.FINDINGS
    err = capsys.readouterr().err
    assert "error[INV012]: this must be true or false" in err
    assert run(["check", "--json", "--root", str(root)]) == Exit.FINDINGS
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["code"], found["key"]) == ("INV012", "storage.pools.rpool.autotrim")


def test_json_answers_can_be_read(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--json", "--root", str(fleet)]) == Exit.DONE
    host = json.loads(capsys.readouterr().out)["hosts"]["cloudlab"]
    assert "storage.nix" in host["written"]
    assert host["pools"]["ember"]["raw"] == 14 * 12_000_138_625_024
    for words in (["show"], ["show", "cloudlab"], ["check"], ["explain", "INV012"], ["explain"]):
        assert (
            run([*words, "--json", *([] if words[0] == "explain" else ["--root", str(fleet)])]) == 0
        )
        assert json.loads(capsys.readouterr().out)


def test_short_findings_are_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = copy_with(tmp_path, {HOST: {'drive = "Z"': 'drive = "Z"\nguest = true'}})
    assert run(["check", "--format", "short", "--root", str(root)]) == Exit.FINDINGS
    line = next(li for li in capsys.readouterr().out.splitlines() if "error[SMB" in li)
    assert line.startswith(f"{HOST}:")


def test_origin_names_the_line_that_sets_a_value(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", "cloudlab", "--origin", "network.uplink", "--root", str(fleet)]) == 0
    place = capsys.readouterr().out.splitlines()[0]
    path, line, _column = place.split(":")
    assert path == HOST
    assert (fleet / HOST).read_text("utf-8").splitlines()[int(line) - 1] == "[network.uplink]"


def test_origin_of_a_default_and_of_the_fleet(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", "cloudlab", "--origin", "boot.measured", "--root", str(fleet)]) == 0
    assert "boot.measured = False\n  default" in capsys.readouterr().out
    assert run(["show", "--origin", "ports.ssh.port", "--json", "--root", str(fleet)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["file"], found["value"]) == (FLEET, "22")
    assert run(["show", "cloudlab", "--origin", "boot.nothing", "--root", str(fleet)]) == Exit.USAGE
    assert "no key boot.nothing" in capsys.readouterr().err


def test_the_graph_draws_every_zone_pool_and_tunnel(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["graph", "--root", str(fleet)]) == 0
    drawn = capsys.readouterr().out
    assert drawn.startswith("flowchart LR\n")
    for text in ("VLAN 30", "pool ember", "minnesota", "gateway", "wg-vpn 10.0.0.1/24", "https"):
        assert text in drawn
    target = fleet / "fleet.mmd"
    assert run(["graph", "--output", str(target), "--root", str(fleet)]) == 0
    assert target.read_text("utf-8") == drawn


def test_options_are_checked_against_an_index(
    fleet: Path, option_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--options", str(option_index), "--root", str(fleet)]) == Exit.DONE
    assert "OPT" not in capsys.readouterr().err


def test_a_newer_index_names_what_breaks(
    fleet: Path, option_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = json.loads(option_index.read_text("utf-8"))
    del index["options"]["services.openssh.ports"]
    index["options"]["networking.hostId"]["type"] = "boolean"
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps(index), "utf-8")
    words = ["options", "diff", str(option_index), str(newer), "--json", "--root", str(fleet)]
    assert run(words) == Exit.FINDINGS
    rows = json.loads(capsys.readouterr().out)
    assert {(row["option"], row["kind"]) for row in rows} == {
        ("services.openssh.ports", "removed"),
        ("networking.hostId", "retyped"),
    }
    assert run(["options", "diff", str(option_index), str(option_index), "--root", str(fleet)]) == 0


def test_a_code_is_explained_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "inv016"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("INV016: ")
    assert "Source: https://" in out
    assert run(["explain", "INV999"]) == Exit.USAGE
    assert "no code is called" in capsys.readouterr().err


def test_usage_errors_exit_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--no-such-flag"]) == Exit.USAGE
    assert run(["no-such-verb"]) == Exit.USAGE
    assert run(["generate", "--root", str(tmp_path)]) == Exit.USAGE
    assert "sovereign init" in capsys.readouterr().err


def test_an_unknown_host_is_answered_with_the_right_one(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", "clodlab", "--root", str(fleet)]) == Exit.USAGE
    assert 'did you mean "cloudlab"?' in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert f"Example: sovereign {verb}" in " ".join(capsys.readouterr().out.split())


def test_hosts_and_tags_complete(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fleet)
    context = click.Context(click.Command("x"))
    parameter = click.Argument(["hosts"])

    def completed(word: str) -> list[str]:
        return [item.value for item in complete_hosts(context, parameter, word)]

    assert completed("cl") == ["cloudlab"]
    assert completed("@") == ["@gpu", "@storage"]
    assert completed("cloudlab,!@g") == ["cloudlab,!@gpu"]
    monkeypatch.chdir("/")
    assert completed("cl") == []


def test_a_shell_asks_for_completion(fleet: Path) -> None:
    env = os.environ | {
        "_SOVEREIGN_COMPLETE": "bash_complete",
        "COMP_WORDS": "sovereign generate cl",
        "COMP_CWORD": "2",
    }
    program = Path(sys.executable).with_name("sovereign")
    done = subprocess.run(
        [program], env=env, cwd=fleet, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,cloudlab\n"


def test_answers_keep_apart_from_talk_and_colours_obey(fleet: Path) -> None:
    words = [sys.executable, "-m", "sovereign", "check", "--color", "always"]
    done = subprocess.run(words, cwd=fleet, capture_output=True, text=True, check=False)
    assert "\x1b[" not in done.stdout
    env = os.environ | {"NO_COLOR": "1"}
    plain = subprocess.run(
        words[:-2], cwd=fleet, capture_output=True, text=True, env=env, check=True
    )
    assert "\x1b[" not in plain.stdout + plain.stderr
    assert "1 host" in plain.stdout
