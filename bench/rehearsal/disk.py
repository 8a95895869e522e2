"""A full disk: all files of the machines are in one file system of memory, which is made small."""

import os
from dataclasses import dataclass

from bench.rehearsal.place import Place

from sovereign.run import run

_AT = "/run"
_LEFT = 256 << 10
_TRIED = "/persist/bench-full"


@dataclass(frozen=True, slots=True)
class Full:
    """`take` leaves no room on any of the host's file systems; `give_back` makes it again."""

    size: int
    try_it: tuple[str, ...] = ("dd", "if=/dev/zero", f"of={_TRIED}", "bs=1M", "count=4")
    """What fails on a full disk."""

    def take(self) -> None:
        """Make the file system as large as what is in it, and a little."""
        now = os.statvfs(_AT)
        used = (now.f_blocks - now.f_bfree) * now.f_frsize
        _resize(used + _LEFT)

    def give_back(self) -> None:
        """Make it as large as it was."""
        _resize(self.size)


def fill(place: Place) -> Full:
    """Return the two acts."""
    place.world.host.run(("mkdir", "-p", "/persist"))
    now = os.statvfs(_AT)
    return Full(now.f_blocks * now.f_frsize)


def _resize(size: int) -> None:
    run(("mount", "-o", f"remount,size={size}", _AT))
