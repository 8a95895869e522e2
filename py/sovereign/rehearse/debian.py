"""Roots of Debian, made once and kept in the cache: the lower layer of every rehearsed machine."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sovereign.errors import SovereignError
from sovereign.files import alone
from sovereign.rehearse.apt_sources import mirror
from sovereign.run import start

BOUND = ("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--")
"""Before a program whose children and mounts must end with it."""

_TIMEOUT_S = 1800
_QUIET = (
    # Nothing starts while packages are configured.
    '--essential-hook=printf "#!/bin/sh\\nexit 101\\n" > "$1/usr/sbin/policy-rc.d"',
    '--essential-hook=chmod 755 "$1/usr/sbin/policy-rc.d"',
)
_LAST = (
    # Each machine has its own of these.
    '--customize-hook=rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/hostname"',
    '--customize-hook=: > "$1/etc/machine-id" && rm -f "$1/etc/resolv.conf"'
    ' && : > "$1/etc/resolv.conf"',
)


class RootError(SovereignError):
    """A root could not be made."""

    code: ClassVar[str] = "REH031"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a root is made of. `steps` are shell commands on the finished root, which is `$1`."""

    name: str
    suite: str
    packages: tuple[str, ...]
    components: tuple[str, ...] = ("main",)
    steps: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """A name that changes with what the root holds."""
        told = [self.suite, self.packages, self.components, self.steps, _QUIET, _LAST]
        digest = hashlib.blake2b(json.dumps(told).encode(), digest_size=8).hexdigest()
        return f"{self.name}-{digest}"


HOST = Recipe(
    "host",
    "trixie",
    packages=(
        *("ca-certificates", "dbus", "dnsmasq-base", "iperf3", "iproute2", "iputils-ping", "kmod"),
        *("nftables", "openssh-client", "openssh-server", "openssl", "postgresql-17"),
        *("postgresql-17-pgvector", "procps", "python3", "python3-venv", "samba"),
        *("samba-testsuite", "smbclient", "systemd", "systemd-sysv", "tcpdump", "udev"),
        *("wireguard-go", "wireguard-tools"),
    ),
    steps=(
        # Only what is furnished runs: no cluster and no service of the distribution's own.
        'chroot "$1" pg_dropcluster 17 main',
        'systemctl --root="$1" disable nmbd postgresql samba-ad-dc smbd ssh winbind',
        'systemctl --root="$1" disable apt-daily.timer apt-daily-upgrade.timer'
        " dpkg-db-backup.timer fstrim.timer",
    ),
)
"""The rehearsed host, and the machines around it."""

BUILDER = Recipe(
    "builder",
    HOST.suite,
    packages=("ca-certificates", "gcc", "libc6-dev", "python3-dev", "python3-venv"),
)
"""Where wheels are made for the Python of HOST."""


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder in which everything that is fetched is kept."""
    told = os.environ if environment is None else environment
    base = Path(told["XDG_CACHE_HOME"]) if told.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    return base / "sovereign" / "rehearsal"


def root(cache: Path, recipe: Recipe, progress: Callable[[str], None]) -> Path:
    """Return the folder of a root, making it when it is not there yet: read only for everybody.

    Another process that wants the same one waits; what a killed one left is removed. Raises
    RootError, NoMirrorError.
    """
    with made_once(cache / "roots" / recipe.folder, "root", progress) as building:
        if building is not None:
            _bootstrap(recipe, building, progress)
    return cache / "roots" / recipe.folder / "root"


@contextmanager
def made_once(cell: Path, name: str, progress: Callable[[str], None]) -> Iterator[Path | None]:
    """Yield a path that becomes `cell/name` when the block ends well; None when that is there.

    One process at a time is in the block. After any other end nothing is left at either path.
    """
    final, building = cell / name, cell / "building"
    cell.mkdir(parents=True, exist_ok=True)
    with alone(cell, lambda: progress(f"{cell.name} is being made by another run")):
        if final.exists():
            yield None
            return
        removed(building)
        try:
            yield building
            building.rename(final)
        finally:
            removed(building)


def bound(argv: tuple[str, ...], log: Path, *, env: Mapping[str, str] | None = None) -> None:
    """Run a program in its own mount and PID namespaces, which end with it and with this thread.

    Raises RootError with the last line that it said.
    """
    log.unlink(missing_ok=True)
    process = start((*BOUND, *argv), log=log, env=env)
    try:
        code = process.wait(_TIMEOUT_S)
    finally:
        process.stop(0)
    if code != 0:
        said = log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        wrong = next((line for line in reversed(said) if line.startswith("E:")), said[-1])
        raise RootError(f"{argv[0]} exited with {code}: {wrong}", hint=f"All it said is in {log}.")


def _bootstrap(recipe: Recipe, building: Path, progress: Callable[[str], None]) -> None:
    source = mirror()
    if os.geteuid() != 0:
        raise RootError("a root of Debian is made by root alone")
    progress(f"Debian {recipe.suite} is fetched for {recipe.name}")
    words = ("mmdebstrap", "--mode=root", "--variant=apt", "--format=directory", "--quiet")
    content = (
        f"--components={','.join(recipe.components)}",
        f"--include={','.join(recipe.packages)}",
    )
    steps = tuple(f"--customize-hook={step}" for step in recipe.steps)
    log = building.with_name("log")
    bound((*words, *content, *_QUIET, *steps, *_LAST, recipe.suite, str(building), source), log)


def removed(folder: Path) -> None:
    """Remove a folder that may not be there."""
    if folder.exists():
        shutil.rmtree(folder)
