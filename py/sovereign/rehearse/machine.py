"""Machines on this one: the rehearsed host, booted by systemd-nspawn, and those that surround it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sovereign.errors import SovereignError
from sovereign.rehearse.furnish import Placed
from sovereign.run import Completed, Process, run, start
from sovereign.suite.transport import PATH

_MASKED = (
    "dnsmasq",
    "nftables",
    "nmbd",
    "postgresql",
    "samba-ad-dc",
    "smbd",
    "ssh",
    "winbind",
)
"""Debian's own services: only what is furnished is to run."""
_BOOT_S = 90
_CLEAN = ("/usr/bin/env", "-i", f"PATH={PATH}", "HOME=/root", "LC_ALL=C.UTF-8")


class BootError(SovereignError):
    """The rehearsed host did not start."""

    code = "REH002"


@dataclass(frozen=True, slots=True)
class Machine:
    """A process whose namespaces and root are a machine."""

    name: str
    pid: int

    @property
    def spec(self) -> str:
        """How the suite gets in."""
        return f"nsenter://{self.pid}"

    def run(
        self, argv: Sequence[str], *, stdin: str = "", check: bool = True, timeout: float = 120
    ) -> Completed:
        """Run a program inside, as root; nothing of this process's environment goes along."""
        inside = ("nsenter", "--target", str(self.pid), "--all", "--root", "--wd", "--")
        return run((*inside, *_CLEAN, *argv), stdin=stdin, check=check, timeout=timeout)

    def path(self, path: str) -> Path:
        """Where a path of the machine is seen from here."""
        return Path(f"/proc/{self.pid}/root") / path.lstrip("/")

    def place(self, file: Placed) -> None:
        """Write a file, its folders before it."""
        target = self.path(file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(file.text, "utf-8")
        target.chmod(file.mode)
        if (file.owner, file.group) != ("root", "root"):
            self.run(("chown", f"{file.owner}:{file.group}", file.path))


def overlay(lower: Sequence[Path], folder: Path) -> Path:
    """Mount a root of its own over shared layers, changes in `folder`; return where."""
    for name in ("changes", "work", "root"):
        (folder / name).mkdir(parents=True)
    root = folder / "root"
    layers = f"lowerdir={':'.join(map(str, lower))},upperdir={folder / 'changes'},workdir={folder / 'work'}"
    run(("mount", "-t", "overlay", "overlay", "-o", layers, root))
    return root


def mask(root: Path) -> None:
    """Keep Debian's own services from starting; what is furnished takes their place."""
    for unit in _MASKED:
        link = root / "etc/systemd/system" / f"{unit}.service"
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")


def boot(name: str, root: Path, network: str, log: Path) -> Machine:
    """Start systemd in `root` and the network namespace, and wait until it has started.

    Raises BootError.
    """
    argv = ("systemd-nspawn", "--boot", f"--directory={root}", f"--machine={name}")
    world = ("--keep-unit", "--register=no", f"--network-namespace-path=/run/netns/{network}")
    means = ("--capability=CAP_NET_ADMIN,CAP_SYS_NICE", "--bind=/dev/net/tun", "--console=pipe")
    container = start(
        (*argv, *world, *means), log=log, env={"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
    )
    end = time.monotonic() + _BOOT_S
    while container.poll() is None and time.monotonic() < end:
        # its first child may be one that only prepares the last
        machine = Machine(name, _first_child(container, log))
        state = machine.run(("systemctl", "is-system-running"), check=False).out.strip()
        if state in {"running", "degraded"}:
            return machine
        time.sleep(0.1)
    raise BootError(f"{name} did not start: {_last_line(log)}")


def stand(name: str, root: Path, network: str, log: Path) -> Machine:
    """Start a machine that does nothing by itself, in `root` and the network namespace."""
    namespaces = ("--mount", "--uts", "--pid", "--fork", "--kill-child=KILL")
    mounts = "mount -t proc proc /proc && exec sleep infinity"
    argv = ("nsenter", f"--net=/run/netns/{network}", "unshare", *namespaces)
    process = start((*argv, f"--root={root}", *_CLEAN, "sh", "-c", mounts), log=log)
    machine = Machine(name, _first_child(process, log))
    end = time.monotonic() + _BOOT_S
    while not (machine.path("/").samefile(root) and machine.path("/proc/version").exists()):
        if process.poll() is not None or time.monotonic() > end:
            raise BootError(f"{name} did not start: {_last_line(log)}")
        time.sleep(0.02)
    return machine


def _first_child(process: Process, log: Path) -> int:
    """Return the process that is the first in its new namespace."""
    end = time.monotonic() + _BOOT_S
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while time.monotonic() < end and process.poll() is None:
        found = children.read_text("ascii").split()
        if found:
            return int(found[0])
        time.sleep(0.02)
    raise BootError(f"a machine did not start: {_last_line(log)}")


def _last_line(log: Path) -> str:
    return (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
