"""`sovereign rehearse` around its world: folders, words, what is missing, what is answered."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import test_evaluation
from fleets import ROOT
from real_nix import Nix
from sovereign.cli import run
from sovereign.cli.progress import Progress, ended_by_signals
from sovereign.errors import Exit, WriteError
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import load
from sovereign.operate import rehearse as operate
from sovereign.rehearse import cgroup
from sovereign.rehearse.follow import RehearsalError
from sovereign.rehearse.job import Event
from sovereign.rehearse.keys import NO_KEYS
from sovereign.rehearse.namespace import run_folder
from sovereign.rehearse.project import copy_project
from sovereign.rehearse.values import OVERRIDES

stand_ins = test_evaluation.stand_ins
LACKING = (
    "root: namespaces and mounts are made by root alone",
    "ip (Debian: apt install iproute2)",
)

ENTER = """
import sys, time
from sovereign.rehearse import cgroup
cgroup.enter(sys.argv[1])
print("in", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "file", "nothing"])
def test_a_left_folder_is_removed_whatever_its_lock_is(tmp_path: Path, kind: str) -> None:
    left, elsewhere = tmp_path / "runs" / "1-left", tmp_path / "elsewhere"
    left.mkdir(parents=True)
    elsewhere.write_text("kept", "utf-8")
    lock = left / "lock"
    match kind:
        case "fifo":
            os.mkfifo(lock)
        case "folder":
            (lock / "full").mkdir(parents=True)
        case "link":
            lock.symlink_to(elsewhere)
        case "file":
            lock.touch()
        case _:
            pass
    with run_folder(tmp_path) as folder:
        assert [*(tmp_path / "runs").iterdir()] == [folder]
    assert elsewhere.read_text("utf-8") == "kept"


def test_what_a_left_folder_links_to_stays(tmp_path: Path) -> None:
    runs, elsewhere = tmp_path / "runs", tmp_path / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "deep" / "file").touch()
    (runs / "1-left").mkdir(parents=True)
    (runs / "1-left" / "out").symlink_to(elsewhere)
    (runs / "2-link").symlink_to(elsewhere)
    (runs / "3-broken").symlink_to("/no/such")
    (runs / "4-file").touch()
    os.mkfifo(runs / "5-fifo")
    with run_folder(tmp_path) as folder:
        assert [*runs.iterdir()] == [folder]
    assert (elsewhere / "deep" / "file").exists()


def test_the_folder_of_a_run_that_goes_on_stays(tmp_path: Path) -> None:
    with run_folder(tmp_path) as first, run_folder(tmp_path) as second:
        assert first.is_dir()
        assert first.stat().st_mode & 0o777 == second.stat().st_mode & 0o777 == 0o700
    assert not [*(tmp_path / "runs").iterdir()]


@pytest.mark.skipif(os.geteuid() != 0, reason="control groups are made by root alone")
def test_a_control_group_is_removed_when_its_last_process_has_ended() -> None:
    name = f"test-{os.getpid()}"
    argv = (sys.executable, "-P", "-c", ENTER, name, "0.7")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        assert [*Path("/sys/fs/cgroup").glob(f"**/sovereign-{name}")]
        cgroup.remove(name)
    assert not [*Path("/sys/fs/cgroup").glob(f"**/sovereign-{name}")]


@pytest.fixture
def lacking(nix: Nix, stand_ins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nix is here, and root and a tool are not."""
    for name, value in nix.env.items():
        monkeypatch.setenv(name, value)
    named = (f"{name}=path:{stand_ins / name}" for name in test_evaluation.INPUTS)
    monkeypatch.setenv(OVERRIDES, ",".join(named))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(operate, "missing", lambda *_: LACKING)


@pytest.mark.usefixtures("lacking")
def test_where_nothing_can_be_run_hosts_are_evaluated_and_every_check_is_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", "cloudlab", "--root", str(ROOT), "--json"]) == Exit.DONE
    shown = capsys.readouterr()
    results = json.loads(shown.out)["hosts"]["cloudlab"]["results"]
    expected = expect_host(load(ROOT), "cloudlab").expectations
    assert [one["id"] for one in results] == [one.id for one in expected]
    assert {one["outcome"] for one in results} == {"skipped"}
    assert all(word in results[0]["message"] for word in LACKING)
    said = shown.err.splitlines()
    assert said[:2] == [f"missing: {word}" for word in LACKING]
    assert any(line.startswith("render cloudlab: ") for line in said)
    assert not [*(tmp_path / "cache" / "sovereign" / "rehearsal" / "runs").iterdir()]


@pytest.mark.usefixtures("lacking")
def test_the_fleet_of_the_template_evaluates_and_renders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet, key = tmp_path / "fleet", tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    init = ["init", str(fleet), "--operator", "alice", "--key", f"{key}.pub"]
    assert run(init) == run(["generate", "--root", str(fleet)]) == Exit.DONE
    assert run(["rehearse", "--root", str(fleet), "--color", "never"]) == Exit.DONE
    assert "skipped: nothing is run for want of root" in capsys.readouterr().out


@pytest.mark.usefixtures("lacking")
def test_what_does_not_evaluate_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_project(ROOT, tmp_path / "fleet", NO_KEYS)
    (tmp_path / "fleet/hosts/cloudlab/generated/access.nix").write_text("{ x = ; }", "utf-8")
    assert run(["rehearse", "--root", str(tmp_path / "fleet")]) == Exit.FAILED
    shown = capsys.readouterr().out
    assert shown.startswith("cloudlab was not rehearsed: cloudlab does not evaluate: syntax error")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--only", "samba,smb"], Exit.USAGE, "no concern is called smb"),
        (["no-such"], Exit.USAGE, 'no host matches "no-such"'),
        (["--keep", "/dev/null"], Exit.FAILED, "error[SOV005]: /dev/null: File exists"),
        (["--keep", "/proc/no/such"], Exit.FAILED, "error[SOV005]: /proc/no"),
    ],
)
def test_words_that_do_not_fit_are_told_before_anything_is_done(
    words: Sequence[str], code: Exit, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", "--root", str(ROOT), *words]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert not shown.out


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/cache/file"), "/cache/file: No space left"),
        (RehearsalError("it ended", hint="killed"), "it ended (killed)"),
    ],
)
def test_what_one_host_fails_with_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(operate, "missing", lambda *_: ())
    monkeypatch.setattr(operate, "rehearse", fails)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert run(["rehearse", "cloudlab", "--root", str(ROOT)]) == Exit.FAILED
    assert capsys.readouterr().out.startswith(f"cloudlab was not rehearsed: {said}")


def test_of_a_repository_what_git_does_not_track_is_not_copied(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    for name in ("flake.nix", "hosts/a/host.toml", "credentials/samba/colter"):
        (fleet / name).parent.mkdir(parents=True, exist_ok=True)
        (fleet / name).write_text(name, "utf-8")
    subprocess.run(["git", "init", "-q", str(fleet)], check=True)
    subprocess.run(["git", "-C", str(fleet), "add", "flake.nix", "hosts"], check=True)
    copy_project(fleet, tmp_path / "copy", NO_KEYS)
    found = {str(file.relative_to(tmp_path / "copy")) for file in (tmp_path / "copy").rglob("*.*")}
    assert found == {"flake.nix", "hosts/a/host.toml"}
    assert not (tmp_path / "copy" / "credentials").exists()


def test_a_disk_that_is_full_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise shutil.Error([("flake.nix", "copy/flake.nix", "No space left"), ("a", "b", "c")])

    monkeypatch.setattr("shutil.copytree", full)
    with pytest.raises(WriteError) as raised:
        copy_project(tmp_path, tmp_path / "copy", NO_KEYS)
    assert raised.value.message == "flake.nix cannot be copied: No space left"


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def handlers() -> Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def _cleaned_after_signals(done: list[str]) -> None:
    with ended_by_signals():
        try:
            os.kill(os.getpid(), signal.SIGHUP)
        finally:
            for number in SIGNALS:
                os.kill(os.getpid(), number)
            done.append("cleaned")


@pytest.mark.usefixtures("handlers")
def test_a_second_signal_does_not_cut_the_cleaning_short() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _cleaned_after_signals(done)
    assert done == ["cleaned"]
    os.kill(os.getpid(), signal.SIGTERM)  # and none ends the process before it has told how it went


@pytest.mark.usefixtures("handlers")
def test_without_a_signal_all_is_as_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with ended_by_signals():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_work_goes_on_when_nobody_reads_its_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("sovereign.cli.progress.talk", closed)
    Progress("never").tell(Event(stage="boot"))
