"""A rescue system that is not there: programs that write down how they were called.

`lsblk`, `blockdev` and `wipefs` answer from files; a disk that sgdisk has partitioned is one that
wipefs finds something on.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sovereign.generators.storage.layout import Disk
from sovereign.run import Completed, run

BASH = shutil.which("bash") or "/bin/bash"

PROGRAMS = [
    "blkid",
    "blockdev",
    "id",
    "lsblk",
    "mdadm",
    "mkfs.ext4",
    "mkfs.vfat",
    "mkfs.xfs",
    "mkswap",
    "mount",
    "mountpoint",
    "partprobe",
    "sgdisk",
    "udevadm",
    "umount",
    "wipefs",
    "zfs",
    "zpool",
]

QUESTIONS = frozenset({"blkid", "blockdev", "id", "lsblk", "mountpoint"})
"""What changes nothing, however it is called."""

_PROGRAM = r"""#!%s
name=${0##*/} last=${!#}
key=${last##*/}
{ printf '%%s\x1f' "$name" "$@"; echo; } >>"$MACHINE/log"
if [[ -e $MACHINE/kill && "$name $*" == "$(<"$MACHINE/kill")"* ]]; then
  kill -KILL $PPID
fi
answer() {
  [[ -e $MACHINE/$1/$key ]] || { echo "$name: $last: not a block device" >&2; exit 32; }
  echo "$(<"$MACHINE/$1/$key")"
}
case "$name $*" in
  "id -u") [[ -e $MACHINE/not-root ]] && echo 1000 || echo 0 ;;
  lsblk*SERIAL*) answer serial ;;
  lsblk*PKNAME*) answer parent ;;
  lsblk*KNAME*) echo "$key" ;;
  lsblk*) echo "$last"; echo "$last-part1" ;;
  blockdev*) answer size ;;
  wipefs*--no-act*)
    [[ ! -e $MACHINE/busy/$key ]] || { echo "wipefs: $last: Device or resource busy" >&2; exit 1; }
    ;;
  wipefs*--noheadings*)
    [[ ! -e $MACHINE/unreadable/$key ]] || { echo "wipefs: $last: Input/output error" >&2; exit 1; }
    [[ ! -e $MACHINE/held/$key ]] || echo gpt
    ;;
  sgdisk*) : >"$MACHINE/held/$key" ;;
  "zpool create"* | "zpool import -f"* | "zpool export"* | "zfs create"* | "zfs set"*) ;;
  blkid* | mountpoint* | zpool* | zfs*) exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """The rescue system; `home` holds its programs and what is known about its disks."""

    home: Path

    def run(self, script: Path, *arguments: str, path: str = "") -> Completed:
        """Run a script with these programs, and no others but those on `path`."""
        env = {"PATH": f"{self.home / 'bin'}:{path}".rstrip(":"), "MACHINE": str(self.home)}
        return run([BASH, script, *arguments], env=env, check=False)

    def note(self, what: str, key: str, answer: str = "") -> None:
        """Let a disk or a partition answer this."""
        file = self.home / what / key
        file.parent.mkdir(exist_ok=True)
        file.write_text(answer)

    def calls(self) -> list[list[str]]:
        """How the programs were called until now, forgetting it."""
        log = self.home / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line.split("\x1f")[:-1] for line in lines]

    def changes(self) -> list[list[str]]:
        """The calls that changed something."""
        return [
            call
            for call in self.calls()
            if call[0] not in QUESTIONS
            and not {"--no-act", "--noheadings"} & set(call)
            and call[:2] not in (["zpool", "list"], ["zfs", "get"])
        ]


def machine(home: Path, disks: tuple[Disk, ...]) -> Machine:
    """A rescue system with these disks, all empty."""
    (home / "bin").mkdir(parents=True)
    (home / "held").mkdir()
    for name in PROGRAMS:
        program = home / "bin" / name
        program.write_text(_PROGRAM % BASH)
        program.chmod(0o755)
    made = Machine(home)
    for disk in disks:
        key = Path(disk.path).name
        made.note("serial", key, f"{disk.serial}\n")
        made.note("size", key, f"{disk.size}\n")
        for part in disk.partitions:
            made.note("parent", part.label, key)
    return made
