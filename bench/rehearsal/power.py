"""A power cut: the container's first process is killed, and it is booted again on the same files."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from bench.rehearsal.figures import WrongError
from bench.rehearsal.place import Place

from sovereign.rehearse.machine import boot
from sovereign.rehearse.wiring import HOST
from sovereign.rehearse.world import HOST_PLACE
from sovereign.run import run

_GONE_S = 20


def cut(place: Place) -> None:
    """Cut the power; return when the host has started again, all of its network's state forgotten."""
    world = place.world
    # NixOS links what its units are wanted by; here that is left until now.
    for furnishing in world.placed.values():
        if furnishing.units:
            world.host.run(("systemctl", "enable", *furnishing.units), check=False)
    container = _parent(world.host.pid)
    os.kill(world.host.pid, signal.SIGKILL)
    end = time.monotonic() + _GONE_S
    while not _gone(container):
        if time.monotonic() > end:
            raise WrongError("the container outlives its first process")
        time.sleep(0.02)
    root = HOST_PLACE / "root"
    _forget(root, place)
    world.host = boot(world.around.host, root, HOST, world.job.folder / "host.log")


def _forget(root: Path, place: Place) -> None:
    """Take away what a network namespace keeps and a machine without power does not."""
    run(("nsenter", f"--net=/run/netns/{HOST}", "chroot", root, "nft", "flush", "ruleset"))
    around = place.world.around
    for one in (around.uplink, *around.neighbours):
        run(("ip", "-n", HOST, "address", "flush", "dev", one.host_interface))
        run(("ip", "-n", HOST, "link", "set", one.host_interface, "down"))


def _parent(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))


def _gone(pid: int) -> bool:
    """Whether a process has ended, even if nobody asked how."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    return True
