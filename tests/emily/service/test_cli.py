"""The command line: every verb has an example, and what is wrong is said in a line."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from emily.service.cli import VERBS
from running_loop import free_port, write_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_settings(tmp_path)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EMILY_")]:
        monkeypatch.delenv(name)


def emily(*words: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-P", "-m", "emily", *map(str, words)]
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=timeout)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(verb: str) -> None:
    shown = emily(verb, "--help")
    assert shown.returncode == 0
    assert f"Example: emily {verb}" in shown.stdout


def test_help_lists_every_verb() -> None:
    assert [verb for verb in VERBS if f"\n  {verb} " not in emily("--help").stdout] == []


WRONG = [
    ('[api]\nport = "many"\n', "[api] port"),
    ("surplus = 1\n", "surplus"),
    ("[api\n", "expected TOML"),
    ('[api]\nhost = "0.0.0.0"\n', "expected a file with a token"),
    ('[bus]\nrouter = "nonsense"\n', "[bus] router"),
]


@pytest.mark.parametrize("verb", ["up", "router", "api", "settings", "status", "migrate"])
@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said for _, said in WRONG])
def test_settings_that_are_wrong_are_told_in_a_line(
    tmp_path: Path, verb: str, text: str, said: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    shown = emily(verb, "--config", path)
    assert shown.returncode == 1
    assert said in shown.stderr
    assert str(path) in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""


@pytest.mark.parametrize(
    "words",
    [("fly",), ("tier",), ("tier", "reptilian"), ("up", "--config", "/nonexistent")],
    ids=str,
)
def test_usage_errors_exit_with_2(words: tuple[str, ...]) -> None:
    assert emily(*words).returncode == 2


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        path = tmp_path / "taken.toml"
        port = taken.getsockname()[1]
        path.write_text(f'[bus]\nrouter = "tcp/127.0.0.1:{port}"\n[api]\nport = {port}\n')
        for verb in ("router", "api", "up"):
            shown = emily(verb, "--config", path)
            assert shown.returncode == 1
            assert "cannot listen" in shown.stderr
            assert "Traceback" not in shown.stderr


def test_status_of_nothing(config: Path) -> None:
    shown = emily("status", "--config", config)
    assert shown.returncode == 1
    assert "does not answer" in shown.stderr


def test_settings_show_what_is_in_force(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("EMILY_API__PORT", str(port))
    shown = json.loads(emily("settings", "--config", config).stdout)
    assert (shown["node"], shown["api"]["port"]) == ("test", port)
    schema = json.loads(emily("settings", "--schema").stdout)
    assert set(schema["properties"]) == set(shown)


def test_migrate_goes_up_and_down(config: Path, tmp_path: Path) -> None:
    def tables() -> set[str]:
        path = tmp_path / "state" / "memory.sqlite"
        with sqlite3.connect(path) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            names = {str(name) for (name,) in rows}
        connection.close()
        return names

    planned = emily("migrate", "--config", config, "--dry-run")
    assert "CREATE TABLE" in planned.stdout
    assert "episodes" not in tables()
    assert "went up" in emily("migrate", "--config", config).stderr
    assert "episodes" in tables()
    assert "up to date" in emily("migrate", "--config", config).stderr
    assert "went down" in emily("migrate", "--config", config, "--to", "base").stderr
    assert "episodes" not in tables()
    unknown = emily("migrate", "--config", config, "--to", "9999")
    assert (unknown.returncode, "no migration" in unknown.stderr) == (1, True)


def test_up_ends_when_asked_and_asks_no_proxy(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "emily", "up", "--config", str(config)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any("healthy after" in line for line in process.stderr)
    shown = emily("status", "--config", config)
    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, "healthy")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in said


def test_up_needs_a_port(tmp_path: Path) -> None:
    path = tmp_path / "emily.toml"
    path.write_text(f'[api]\nport = 0\n[state]\nfolder = "{tmp_path}"\n')
    shown = emily("up", "--config", path)
    assert (shown.returncode, "api.port" in shown.stderr) == (1, True)


@pytest.mark.parametrize(
    "words", [("--seed", "-1"), ("--seconds", "nan"), ("--seconds", "0")], ids=str
)
def test_demo_refuses_numbers_that_make_no_sense(words: tuple[str, str]) -> None:
    assert emily("demo", *words).returncode == 2


def test_demo_plays_and_ends_and_is_forgotten(config: Path, tmp_path: Path) -> None:
    shown = emily("demo", "--config", config, "--seconds", "6", "--seed", "3")
    assert shown.returncode == 0, shown.stderr
    assert "healthy after" in shown.stderr
    assert any(kind in shown.stderr for kind in ("clap", "voice", "alarm", "sight"))
    assert list((tmp_path / "state").iterdir()) == []
    assert "Traceback" not in shown.stderr
