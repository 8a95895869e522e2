"""A control group of the rehearsal's own, so that what nspawn leaves in it can be found and removed."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PREFIX = "sovereign-"
_ENDED_S = 5


def enter(name: str) -> None:
    """Move this process, and so its children, into the group, wherever systemd keeps one."""
    for mount in _mounts():
        group = mount / f"{_PREFIX}{name}"
        group.mkdir(exist_ok=True)
        (group / "cgroup.procs").write_text(str(os.getpid()))


def remove(name: str) -> None:
    """Remove the group, once the processes in it have ended; one that goes on keeps it.

    Who was killed is still there for a moment, and the kernel tells nobody when it is gone.
    """
    end = time.monotonic() + _ENDED_S
    groups = [mount / f"{_PREFIX}{name}" for mount in _mounts()]
    while groups := [group for group in groups if not _removed(group)]:
        if time.monotonic() > end:
            return
        time.sleep(0.05)


def _removed(group: Path) -> bool:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
    return not group.exists()


def _mounts() -> Iterator[Path]:
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            yield Path(before.split(" ")[4])
