"""Emily on a rehearsed host: her wheel with what it needs, in /opt/emily, for Debian's Python.

The wheel is made of the project as it is, its C kernel compiled, on a root of Debian that has a
compiler; what it needs comes with the hashes of requirements/emily.txt. Only this step uses the
machine's network, by pip as it is configured here.
"""

import ast
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sovereign.files import fingerprint, is_executable
from sovereign.rehearse import debian
from sovereign.run import run

PREFIX = "/opt/emily"
PROGRAM = f"{PREFIX}/bin/emily"

_FILES = (
    *("README.md", "pyproject.toml", "setup.py", "requirements/emily.txt"),
    "py/sovereign/__init__.py",
)
"""Beside her package; the last tells the version."""
_PACKAGE = "py/emily"
_PIP_VERBS = {"global", "install", "wheel"}
_SEEN = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs", "/usr/share/ca-certificates")
"""What pip is shown of this machine, beside the folders that its configuration names."""

_BUILD = r"""
set -eu
building=$1; lower=$2; project=$3; shift 3
root=$building/merged
mkdir -p "$building/upper" "$building/work" "$root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$building/upper,workdir=$building/work" "$root"
shown() {
  [ -e "$1" ] || return 0
  if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root${1%/*}"; [ -e "$root$1" ] || : >"$root$1"; fi
  mount --bind "$1" "$root$1"
  mount -o remount,bind,ro "$root$1"
}
for path; do shown "$path"; done
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
cp -a "$project" "$root/tmp/project"
chroot "$root" /bin/sh -eu <<'INSIDE'
cd /tmp
export HOME=/tmp PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv /opt/emily
pip="/opt/emily/bin/python -m pip"
$pip install --require-hashes --no-deps --only-binary :all: -r project/requirements/emily.txt
$pip wheel --no-deps --no-build-isolation --no-index -w wheels ./project
$pip install --no-deps --no-index wheels/sovereign-*.whl
/opt/emily/bin/python -c 'import emily.instinct.hdc._kernel'
INSIDE
"""


def layer(cache: Path, project: Path, progress: Callable[[str], None]) -> Path:
    """Return a folder that lays /opt/emily over a root made by `debian.HOST`: read only.

    It is made anew when her code or her requirements have changed. Raises RootError
    with the last line that pip said, NoMirrorError.
    """
    builder = debian.root(cache, debian.BUILDER, progress)
    cell = cache / "emily" / _digest(project, builder)
    with debian.made_once(cell, "made", progress) as building:
        if building is not None:
            progress("Emily's wheel is built, and what it needs is fetched")
            _build(project, builder, building)
    return cell / "made" / "layer"


def _build(project: Path, builder: Path, building: Path) -> None:
    staged = building.with_name("project")
    debian.removed(staged)
    _stage(project, staged)
    told = pip_environment()
    shown = dict.fromkeys((*_SEEN, *map(str, local_paths(told))))
    argv = ("sh", "-c", _BUILD, "sh", str(building), str(builder), str(staged), *shown)
    try:
        debian.bound(argv, building.with_name("log"), env=told)
        made = building / "layer" / PREFIX.lstrip("/")
        made.parent.mkdir(parents=True)
        (building / "upper" / PREFIX.lstrip("/")).rename(made)
        for left in ("merged", "upper", "work"):
            debian.removed(building / left)
    finally:
        debian.removed(staged)


def _stage(project: Path, staged: Path) -> None:
    """Copy what the wheel is made of: the project itself is not written to."""
    for name, executable, data in _content(project):
        target = staged / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(0o755 if executable else 0o644)


def _content(project: Path) -> Iterator[tuple[str, bool, bytes]]:
    for name in _FILES:
        yield name, False, (project / name).read_bytes()
    for file in sorted((project / _PACKAGE).rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".so":
            name = str(file.relative_to(project))
            yield name, is_executable(file.stat().st_mode), file.read_bytes()


def _digest(project: Path, builder: Path) -> str:
    content = _content(project)
    return fingerprint((("builder", False, builder.parent.name.encode()), *content))[:16]


def pip_environment() -> Mapping[str, str]:
    """Tell pip's configuration on this machine as the variables that pip reads."""
    done = run((sys.executable, "-m", "pip", "config", "list"), check=False)
    found = {}
    for line in done.out.splitlines():
        key, _, value = line.partition("=")
        verb, _, name = key.partition(".")
        if verb in _PIP_VERBS:
            found[f"PIP_{name.replace('-', '_').upper()}"] = str(ast.literal_eval(value))
    return found | {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def local_paths(told: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files and folders of this machine that pip's configuration names.

    An index may link to files beside its own folder, so of an index the folder above is meant.
    """
    for name, value in told.items():
        for word in shlex.split(value):
            path = Path(unquote(urlsplit(word).path) if word.startswith("file:") else word)
            if not path.is_absolute() or not path.exists():
                continue
            above = "INDEX" in name and not Path(PREFIX).is_relative_to(path.parent)
            yield path.parent if above else path
