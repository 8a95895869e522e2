"""The EFI system partitions of disk images: laid out by format.sh's own lines, found, and filled.

Nothing is mounted and no loop device is used, so that an image may be as large as the real disk.
"""

import shlex
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from sovereign.errors import SovereignError
from sovereign.rehearse.vm.firmware import Tools
from sovereign.run import run

IMAGE = "EFI/BOOT/BOOTX64.EFI"
"""What firmware starts from a disk that no boot entry names (UEFI 2.10, 3.5.1.1)."""

_SECTOR = 512
_ESP = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
_CHUNK = 1 << 20


class NoEspError(SovereignError):
    """A disk image has no EFI system partition."""

    code: ClassVar[str] = "REH022"


@dataclass(frozen=True, slots=True)
class Esp:
    """An EFI system partition: bytes from the image's beginning, its length, its own GUID and name."""

    offset: int
    size: int
    guid: UUID
    name: str


def find_esp(image: Path) -> Esp:
    """Read an image's partition table (UEFI 2.10, 5.3). Raises NoEspError."""
    with image.open("rb") as disk:
        disk.seek(_SECTOR)
        header = disk.read(92)
        if header[:8] != b"EFI PART" or len(header) < 92:
            raise NoEspError(f"{image.name} has no GUID partition table")
        start, count, width = struct.unpack_from("<QII", header, 72)
        disk.seek(start * _SECTOR)
        entries = disk.read(count * width)
    for position in range(0, len(entries) - 127, max(width, 128)):
        kind, guid, first, last = struct.unpack_from("<16s16sQQ", entries, position)
        if UUID(bytes_le=kind) == _ESP:
            name = entries[position + 56 : position + 128].decode("utf-16-le").rstrip("\0")
            length = (last - first + 1) * _SECTOR
            return Esp(first * _SECTOR, length, UUID(bytes_le=guid), name)
    raise NoEspError(f"{image.name} has no EFI system partition")


@dataclass(frozen=True, slots=True)
class Layout:
    """What format.sh says to a disk: its sgdisk line, and the mkfs line of its partition."""

    partition: tuple[str, ...]
    make: tuple[str, ...]


def layouts(script: Path) -> dict[str, Layout]:
    """Path of each disk with an ESP → the very lines that `format.sh --dry-run` prints for it."""
    lines = [
        tuple(shlex.split(line)) for line in run(["bash", script, "--dry-run"]).out.splitlines()
    ]
    made = {line[-1].rpartition("/")[2]: line for line in lines if line[:1] == ("mkfs.vfat",)}
    found: dict[str, Layout] = {}
    for line in lines:
        if line[:1] != ("sgdisk",):
            continue
        names = dict(
            word.removeprefix("--change-name=").split(":", 1)
            for word in line
            if word.startswith("--change-name=")
        )
        for word in line:
            number, _, kind = word.removeprefix("--typecode=").partition(":")
            if kind == "EF00":
                found[line[-1]] = Layout(line, made[names[number]])
    return found


def lay_out(tools: Tools, image: Path, size: int, layout: Layout) -> Esp:
    """Make a sparse image of `size` bytes, partition it and make its ESP's file system."""
    image.touch()
    with image.open("r+b") as disk:
        disk.truncate(size)
    tools.run(*layout.partition[:-1], tools.seen(image))
    esp = find_esp(image)
    # mkfs.vfat takes the size of its clusters from what it is given: not the whole disk.
    alone = image.with_suffix(".esp")
    alone.touch()
    with alone.open("r+b") as part:
        part.truncate(esp.size)
    tools.run(*layout.make[:-1], tools.seen(alone))
    _copy(alone, image, esp.offset)
    alone.unlink()
    return esp


def fill(tools: Tools, image: Path, program: Path) -> None:
    """Put a program where the firmware looks for one, in the place of what is there."""
    drive = f"{tools.seen(image)}@@{find_esp(image).offset}"
    # It fails where they exist already.
    tools.run("mmd", "-D", "s", "-i", drive, "::EFI", "::EFI/BOOT", check=False)
    tools.run("mcopy", "-D", "o", "-i", drive, tools.seen(program), f"::{IMAGE}")


def _copy(source: Path, target: Path, offset: int) -> None:
    """Copy a file into an image; what is zero stays a hole."""
    with source.open("rb") as read, target.open("r+b") as write:
        position = offset
        while chunk := read.read(_CHUNK):
            if chunk.strip(b"\0"):
                write.seek(position)
                write.write(chunk)
            position += len(chunk)
