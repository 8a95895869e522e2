"""The initial file system of a guest: busybox, modules and what is put over the shared root."""

import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.vm.errors import UnusableRootError

# In the order in which each finds what it needs.
MODULES = ("netfs", "9pnet", "9p", "9pnet_virtio", "overlay")
_FOLDER, _FILE = 0o040000, 0o100000

# The root is shared read-only; what the guest writes stays in its memory.
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in {modules}; do $b insmod "/modules/$module.ko"; done
$b mount -t tmpfs -o mode=0755 tmpfs /rw
$b mkdir /rw/upper /rw/work
$b mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro,msize=512000 root /ro
$b mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /new
$b cp -a /put/. /new/
for folder in proc sys dev; do $b mount --move /$folder /new/$folder; done
exec $b switch_root /new {command}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or, without data, a folder of an archive."""

    path: str
    mode: int
    data: bytes | None = None


def initrd(root: Path, modules: Path, put: Iterable[Placed], command: str) -> bytes:
    """Make the archive that boots into `command` with `put` lying over the root.

    Raises UnusableRootError when the root lacks busybox or a module.
    """
    init = INIT.format(modules=" ".join(MODULES), command=command)
    files = [
        Entry("init", 0o755, init.encode()),
        Entry("bin/busybox", 0o755, busybox(root)),
        *(Entry(f"modules/{name}.ko", 0o644, module(modules, name)) for name in MODULES),
        *(Entry(f"put{each.path}", each.mode, each.text.encode()) for each in put),
    ]
    mount_points = ("dev", "new", "proc", "put", "ro", "rw", "sys")
    return archive((*_folders(files, mount_points), *files))


def archive(entries: Iterable[Entry]) -> bytes:
    """Write a cpio archive in the "newc" form that the kernel unpacks, everything owned by root.

    Source: Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
    """
    parts = [_member(number, each) for number, each in enumerate(entries, start=1)]
    return b"".join((*parts, _member(0, Entry("TRAILER!!!", 0, b""), kind=0)))


def _member(number: int, entry: Entry, kind: int | None = None) -> bytes:
    if kind is None:
        kind = _FOLDER if entry.data is None else _FILE
    data = entry.data or b""
    name = entry.path.encode() + b"\0"
    links = 2 if kind == _FOLDER else 1
    fields = (number, kind | entry.mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _folders(files: Iterable[Entry], mount_points: Iterable[str]) -> Iterator[Entry]:
    found = set(mount_points)
    for each in files:
        found |= {str(parent) for parent in PurePosixPath(each.path).parents}
    return (Entry(path, 0o755) for path in sorted(found - {"."}))


def busybox(root: Path) -> bytes:
    """The program of the root that is shell and tools in one. Raises UnusableRootError."""
    file = root / "usr/bin/busybox"
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnusableRootError(f"{file} cannot be read: {error.strerror}") from error


def module(modules: Path, name: str) -> bytes:
    """A module of the kernel as insmod takes it: not compressed. Raises UnusableRootError."""
    for file in modules.rglob(f"{name}.ko*"):
        data = file.read_bytes()
        return lzma.decompress(data) if file.suffix == ".xz" else data
    raise UnusableRootError(f"{modules} has no module {name}")
