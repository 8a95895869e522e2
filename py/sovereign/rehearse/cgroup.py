"""A control group of the rehearsal's own, so that what nspawn leaves in it can be found and removed."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PREFIX = "sovereign-"


def enter(name: str) -> None:
    """Move this process, and so its children, into the group, wherever systemd keeps one."""
    for mount in _mounts():
        group = mount / f"{_PREFIX}{name}"
        group.mkdir(exist_ok=True)
        (group / "cgroup.procs").write_text(str(os.getpid()))


def remove(name: str) -> None:
    """Remove the group; one that still holds a process stays."""
    for mount in _mounts():
        for folder, _, _ in os.walk(mount / f"{_PREFIX}{name}", topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()


def _mounts() -> Iterator[Path]:
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            yield Path(before.split(" ")[4])
