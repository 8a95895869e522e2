"""A large fleet that has not changed: remembered, but never believed without a look."""

from pathlib import Path

import pytest

from fleet.make import make
from sovereign.cli import run
from sovereign.errors import Exit
from sovereign.parallel import FEW

AS_BEFORE = "files current, as before"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    make(root, FEW)
    assert run(["generate", "--root", str(root)]) == Exit.DONE
    return root


@pytest.fixture
def root(made: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert generated(made) == Exit.DONE
    capsys.readouterr()
    return made


def generated(root: Path, *words: str) -> int:
    return run(["generate", *words, "--root", str(root)])


def test_nothing_changed_is_seen_without_the_work(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generated(root) == generated(root, "--check") == Exit.DONE
    first, second = capsys.readouterr().out.split("review: ")[:2]
    assert AS_BEFORE in first
    assert AS_BEFORE in second
    assert generated(root, "--no-cache") == Exit.DONE
    assert AS_BEFORE not in capsys.readouterr().out


OUTPUT = "hosts/node-7/generated/boot.nix"


def append(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "# by hand\n", "utf-8")


CHANGES = {
    "a line more": append,
    "a file less": Path.unlink,
    "another mode": lambda path: path.chmod(0o755),
    "a file more": lambda path: path.with_name("stray.nix").write_text("{ }\n", "utf-8"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_output_that_was_touched_is_restored(root: Path, change: str) -> None:
    output = root / OUTPUT
    before = output.read_text("utf-8"), sorted(p.name for p in output.parent.iterdir())
    CHANGES[change](output)
    assert generated(root, "--check") == Exit.FINDINGS
    assert generated(root) == Exit.DONE
    assert (output.read_text("utf-8"), sorted(p.name for p in output.parent.iterdir())) == before
    assert output.stat().st_mode & 0o111 == 0


def test_a_changed_input_is_seen(root: Path) -> None:
    host = root / "hosts/node-3/host.toml"
    text = host.read_text("utf-8")
    host.write_text(text.replace('time_zone = "UTC"', 'time_zone = "Europe/Berlin"'), "utf-8")
    assert generated(root) == Exit.DONE
    made = root / "hosts/node-3/generated/system.nix"
    assert 'timeZone = "Europe/Berlin"' in made.read_text("utf-8")


@pytest.mark.parametrize("garbage", ["", "{", '{"inputs": 1}', "[]", "\x00"])
def test_a_broken_memory_costs_only_time(
    root: Path, garbage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".sovereign/generate.json").write_text(garbage, "utf-8")
    assert generated(root) == Exit.DONE
    assert "0 files written" in capsys.readouterr().out
    assert generated(root) == Exit.DONE
    assert AS_BEFORE in capsys.readouterr().out
