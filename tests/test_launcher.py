"""./sovereign makes .venv once, and anew when it was interrupted, moved or lost its Python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fleets import ROOT

PYTHON = """#!/bin/sh
# Stands for Python: notes how it is called; `-m venv --clear DIR` makes a copy of itself.
case "$*" in
-c*) ;;
"-m pip --version") ;;
"-m venv"*)
    rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
*)
    echo "${PYTHONPATH-}$*" | sed "s#$ROOT#ROOT#g" >>"$LOG"
    [ ! -e "$LOG.broken" ] ;;
esac
"""
INSTALLED = [
    "-m pip --disable-pip-version-check --quiet install --require-hashes"
    " --requirement ROOT/requirements/run.txt",
    "-m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation"
    " --editable ROOT",
]
COPIED = [
    "sovereign",
    "requirements/venv",
    *(f"requirements/{each}.txt" for each in ("run", "emily", "scf", "train", "verify")),
    "pyproject.toml",
    "setup.py",
    "py/emily/instinct/hdc/build_kernel.py",
    *(str(file.relative_to(ROOT)) for file in ROOT.glob("py/emily/instinct/hdc/kernel/*.[ch]")),
]


class Checkout:
    """A checkout of the project whose Python only notes what it is asked to do."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        for name in COPIED:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        self.python = folder / "python3"
        self.python.write_text(PYTHON, "utf-8")
        self.python.chmod(0o755)
        self.log = folder / "log"

    def run(self, *words: str, program: Path | None = None) -> tuple[int, list[str], str]:
        """Exit code, calls of Python and messages of one run."""
        self.log.write_text("", "utf-8")
        env = os.environ | {
            "SOVEREIGN_PYTHON": str(self.python),
            "LOG": str(self.log),
            "ROOT": str(self.root),
            "PYTHONPATH": "/of-somebody-else",
        }
        done = subprocess.run(
            [program or self.root / "sovereign", *words],
            env=env,
            cwd=self.root.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, self.log.read_text("utf-8").splitlines(), done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def called(word: str) -> str:
    return f"/of-somebody-else-I -m sovereign {word}"


def test_installs_once(checkout: Checkout) -> None:
    code, calls, _ = checkout.run("check")
    assert (code, calls) == (0, [*INSTALLED, called("check")])
    assert checkout.run("show")[:2] == (0, [called("show")])


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ("", "run"),
        ("check", "run"),
        ("emily up", "emily"),
        ("verify cloudlab", "verify"),
        ("rehearse cloudlab", "verify"),
        ("scf", "scf"),
        ("scf status --json", "scf"),
        ("scf release --week 2026-11-16", "scf"),
        ("scf demo", "train"),
        ("scf daemon --until-idle", "train"),
        ("scf train", "train"),
        ("scf worker --job x", "train"),
        ("scf demo --help", "scf"),
        ("scf train -h", "scf"),
    ],
)
def test_what_is_installed_is_what_the_verb_needs(
    checkout: Checkout, words: str, needed: str
) -> None:
    _, calls, _ = checkout.run(*words.split())
    assert calls[0] == INSTALLED[0].replace("run.txt", f"{needed}.txt")


def test_is_found_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    link = tmp_path / "linked"
    link.symlink_to(checkout.root / "sovereign")
    assert checkout.run("check", program=link)[0] == 0


def test_a_failed_installation_is_told_in_a_line_and_begun_anew(checkout: Checkout) -> None:
    broken = Path(f"{checkout.log}.broken")
    broken.touch()
    code, calls, told = checkout.run("check")
    assert (code, calls) == (1, INSTALLED[:1])
    assert told.splitlines()[-1].startswith("sovereign: the packages of requirements/run.txt")
    broken.unlink()
    (checkout.root / ".venv" / "left-behind").touch()
    assert checkout.run("check")[1] == [*INSTALLED, called("check")]
    assert not (checkout.root / ".venv" / "left-behind").exists()


def test_a_moved_checkout_is_linked_anew(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("check")
    checkout.root = checkout.root.rename(tmp_path / "elsewhere")
    assert checkout.run("check")[1] == [INSTALLED[1], called("check")]
    assert checkout.run("check")[1] == [called("check")]


def test_a_changed_kernel_is_built_anew(checkout: Checkout) -> None:
    checkout.run("check")
    for name in ("search.c", "body.h"):
        with (checkout.root / "py/emily/instinct/hdc/kernel" / name).open("a") as file:
            file.write("/* changed */\n")
        assert checkout.run("check")[1] == [INSTALLED[1], called("check")]
    assert checkout.run("check")[1] == [called("check")]


def test_a_lost_python_is_replaced(checkout: Checkout) -> None:
    checkout.run("check")
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent")
    assert checkout.run("check")[1] == [*INSTALLED, called("check")]


@pytest.mark.parametrize(
    ("refused", "message"),
    [("version_info", "Python 3.11 or newer is missing"), ("ensurepip", "the venv module of")],
)
def test_what_is_missing_is_named(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, message: str
) -> None:
    checkout.python.write_text(f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1;; esac\n', "utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp", "cat"):
        (tools / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(tools))
    code, calls, told = checkout.run("check")
    assert (code, calls) == (1, [])
    assert told.startswith(f"sovereign: {message}")
    assert told.count("\n") == 1
