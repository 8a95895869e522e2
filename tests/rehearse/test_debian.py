"""Roots of Debian: where they are fetched from, and that one is there whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.rehearse import debian, emily_wheel
from sovereign.rehearse.apt_sources import VARIABLE, NoMirrorError, mirror

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEB822 = """# what is commented counts for nothing
Types: deb deb-src
URIs: http://vendor.example/debian
Suites: stable
Components: main
Signed-By: /usr/share/keyrings/vendor.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: {keyring}

Types: deb
URIs: http://mirror.example/debian
# also within a stanza
Suites: bookworm bookworm-updates
Components: main
Signed-By: {keyring}
"""
FOUND = {
    "deb822": ({"sources.list.d/debian.sources": DEB822.format(keyring=KEYRING)}, "debian"),
    "one line, with the keyring": (
        {
            "sources.list": f"deb [arch=amd64 signed-by={KEYRING}] http://mirror.example/d stable main"
        },
        "d",
    ),
    "one line, without": (
        {
            "sources.list": "deb-src http://mirror.example/src stable main\n"
            "deb http://mirror.example/linux/debian bookworm stable # theirs\n"
            "deb http://mirror.example/debian/ bookworm main contrib # ours\n"
        },
        "debian/",
    ),
    "among others' files": (
        {
            "sources.list": "# nothing here\n",
            "sources.list.d/a.list": "deb http://mirror.example/apt bookworm-pgdg main\n",
            "sources.list.d/b.list": "deb http://mirror.example/debian trixie main\n",
            "sources.list.d/c.list.disabled": "deb http://mirror.example/no/debian trixie main\n",
        },
        "debian",
    ),
    "several addresses": (
        {
            "sources.list.d/a.sources": "Types: deb\nURIs: http://mirror.example/one\n"
            f" http://mirror.example/two\nSuites: sid\nComponents: main\nSigned-By: {KEYRING}\n"
        },
        "one",
    ),
}
NOT_FOUND = {
    "nothing at all": {},
    "disabled": {
        "sources.list.d/debian.sources": DEB822.replace("Types: deb\n", "Types: deb\nEnabled: no\n")
        .replace("Types: deb deb-src\n", "Types: deb-src\n")
        .format(keyring=KEYRING)
    },
    "another component": {"sources.list": "deb http://mirror.example/debian trixie contrib\n"},
    "another distribution": {"sources.list": "deb http://mirror.example/ubuntu noble main\n"},
    "updates alone": {"sources.list": "deb http://mirror.example/debian trixie-updates main\n"},
}
RECIPE = debian.Recipe("small", "trixie", packages=("tool",))
MAKE = """
import sys
from pathlib import Path
from sovereign.rehearse import debian
recipe = debian.Recipe("small", "trixie", packages=("tool",))
print(debian.root(Path(sys.argv[1]), recipe, lambda text: print(text, file=sys.stderr)))
"""
SLOW = """#!/bin/sh
# as mmdebstrap does: a root that grows, by children of its own
for word; do root=$previous; previous=$word; done
mkdir "$root"
echo begun >>"$(dirname "$root")/begun"
sleep "${PAUSE:-0}" &
wait
echo whole >"$root/file"
"""


def written(etc: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).write_text(text, "utf-8")
    return etc


@pytest.mark.parametrize("case", FOUND)
def test_the_machines_own_mirror_is_taken(tmp_path: Path, case: str) -> None:
    files, path = FOUND[case]
    assert mirror(written(tmp_path, files), {}) == f"http://mirror.example/{path}"


@pytest.mark.parametrize("case", NOT_FOUND)
def test_without_a_mirror_it_is_said_how_to_name_one(tmp_path: Path, case: str) -> None:
    with pytest.raises(NoMirrorError, match="names no mirror of Debian") as refused:
        mirror(written(tmp_path, NOT_FOUND[case]), {})
    assert VARIABLE in str(refused.value.hint)


def test_a_list_of_mirrors_is_followed(tmp_path: Path) -> None:
    listed = tmp_path / "mirrors"
    listed.write_text("http://mirror.example/debian priority:1\nhttp://other.example/debian\n")
    text = f"Types: deb\nURIs: mirror+file:{listed}\nSuites: trixie\nComponents: main\n"
    files = {"sources.list.d/debian.sources": f"{text}Signed-By: {KEYRING}\n"}
    assert mirror(written(tmp_path, files), {}) == "http://mirror.example/debian"


def test_a_mirror_that_is_named_comes_first(tmp_path: Path) -> None:
    assert mirror(tmp_path, {VARIABLE: "http://named.example"}) == "http://named.example"


def test_the_cache_is_where_the_user_keeps_caches(tmp_path: Path) -> None:
    own = tmp_path / "sovereign" / "rehearsal"
    assert debian.cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == own
    assert debian.cache_folder({}) == Path.home() / ".cache" / "sovereign" / "rehearsal"


def test_another_recipe_has_another_folder() -> None:
    recipes = (
        RECIPE,
        debian.Recipe("small", "sid", packages=("tool",)),
        debian.Recipe("small", "trixie", packages=("tool", "more")),
        debian.Recipe("small", "trixie", packages=("tool",), components=("main", "contrib")),
        debian.Recipe("small", "trixie", packages=("tool",), steps=("true",)),
    )
    assert len({recipe.folder for recipe in recipes}) == len(recipes)
    assert RECIPE.folder == debian.Recipe("small", "trixie", packages=("tool",)).folder


@pytest.fixture
def slow(kernel: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 root
    """A program in mmdebstrap's place, that takes PAUSE seconds; the cache to be used."""
    program = tmp_path / "bin" / "mmdebstrap"
    program.parent.mkdir()
    program.write_text(SLOW, "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv(VARIABLE, "http://mirror.example/debian")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "py"))
    return tmp_path / "cache"


def making(cache: Path) -> "subprocess.Popen[str]":
    words = (sys.executable, "-c", MAKE, str(cache))
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(is_true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)


def sleeping(seconds: str) -> bool:
    """Whether the child of the slow program runs anywhere."""
    lines = (file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists())
    return any(line == b"sleep\0" + seconds.encode() + b"\0" for line in lines)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_build_leaves_nothing_under_the_final_name(
    slow: Path, monkeypatch: pytest.MonkeyPatch, by: signal.Signals
) -> None:
    pause = f"{60 + by}.{os.getpid()}"
    monkeypatch.setenv("PAUSE", pause)
    cell = slow / "roots" / RECIPE.folder
    with making(slow) as process:
        try:
            wait_until(lambda: sleeping(pause), "the build runs")
            process.send_signal(by)
            process.communicate(timeout=20)
        finally:
            process.kill()
    assert not (cell / "root").exists()
    wait_until(lambda: not sleeping(pause), "what was started ends")
    monkeypatch.setenv("PAUSE", "0")
    made = debian.root(slow, RECIPE, lambda _: None)
    assert sorted(file.name for file in made.iterdir()) == ["file"]
    assert not (cell / "building").exists()


def test_two_that_want_the_same_root_make_it_once(
    slow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAUSE", "1")
    with making(slow) as first, making(slow) as second:
        both = (first, second)
        said = [process.communicate(timeout=60) for process in both]
    cell = slow / "roots" / RECIPE.folder
    assert [process.returncode for process in both] == [0, 0], said
    assert {out.strip() for out, _ in said} == {str(cell / "root")}
    assert (cell / "begun").read_text() == "begun\n"
    assert sum("is being made by another run" in err for _, err in said) == 1


def test_a_build_that_fails_says_why_and_is_tried_again(
    slow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Path(os.environ["PATH"].split(":")[0], "mmdebstrap")
    program.write_text("#!/bin/sh\necho 'E: no such suite' >&2; echo done >&2; exit 3\n")
    with pytest.raises(debian.RootError, match="exited with 3: E: no such suite"):
        debian.root(slow, RECIPE, lambda _: None)
    program.write_text(SLOW)
    monkeypatch.setenv("PAUSE", "0")
    assert (debian.root(slow, RECIPE, lambda _: None) / "file").read_text() == "whole\n"


def test_pips_configuration_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, wheels = tmp_path / "index" / "simple", tmp_path / "wheels"
    index.mkdir(parents=True)
    wheels.mkdir()
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        f"[global]\nindex-url = file://{index}\ntimeout = 7\n[install]\nfind-links = {wheels}\n"
        "[list]\nformat = columns\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_TIMEOUT", "9")
    told = emily_wheel.pip_environment()
    assert told["PIP_INDEX_URL"] == f"file://{index}"
    assert told["PIP_FIND_LINKS"] == str(wheels)
    assert told["PIP_TIMEOUT"] == "9", "the environment has the last word, as with pip"
    assert "PIP_FORMAT" not in told
    shown = set(emily_wheel.local_paths(told))
    # an index links to files beside its own folder
    assert {index.parent, wheels} <= shown
    assert not any(Path(emily_wheel.PREFIX).is_relative_to(path) for path in shown)
