"""Files whose content is known: written and synced in the guest, their hashes kept outside."""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from sovereign.rehearse.vm.guest import Guest

_HASHES: TypeAdapter[dict[str, str | None]] = TypeAdapter(dict[str, str | None])

WRITER = "/root/known.py"
PROGRAM = r"""
import hashlib, json, os, random, sys

def write(path, seed, size):
    data = random.Random(seed).randbytes(size)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    # Printed when it is on the disks, and not before.
    print(json.dumps([path, size, hashlib.sha256(data).hexdigest()]), flush=True)

def sizes(small, large):
    return [random.Random(n).randrange(1024, 15000) for n in range(small)] + [1 << 20] * large

def batch(name, folders, small, large):
    for folder in folders:
        for n, size in enumerate(sizes(int(small), int(large))):
            write(f"{folder}/known/{name}/{n}", f"{name} {folder} {n}", size)

def endless(name, folders):
    for n in range(1 << 30):
        folder = folders[n % len(folders)]
        write(f"{folder}/known/{name}/{n}", f"{name} {n}", sizes(8, 1)[n % 9])

def check(paths):
    found = {}
    for path in paths:
        try:
            with open(path, "rb") as file:
                found[path] = hashlib.sha256(file.read()).hexdigest()
        except OSError:
            found[path] = None
    print(json.dumps(found))

if sys.argv[1] == "batch":
    batch(sys.argv[2], sys.argv[5:], *sys.argv[3:5])
elif sys.argv[1] == "endless":
    endless(sys.argv[2], sys.argv[3:])
else:
    check(json.load(sys.stdin))
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was written: its size in bytes and its SHA-256."""

    size: int
    sha256: str


def written(lines: Iterable[str]) -> dict[str, Known]:
    """Read what the program printed; a line that was cut off tells of nothing."""
    found: dict[str, Known] = {}
    for line in lines:
        if line.endswith("]\n"):
            path, size, digest = json.loads(line)
            found[path] = Known(size, digest)
    return found


def write(
    guest: Guest, name: str, folders: Iterable[str], small: int, large: int
) -> dict[str, Known]:
    """Write files of 1 to 15 KiB and of 1 MiB into each folder. Raises GuestError."""
    words = ("python3", WRITER, "batch", name, str(small), str(large), *folders)
    return written(guest.run(shlex.join(words)).out.splitlines(keepends=True))


def lost(files: Mapping[str, Known], found: Mapping[str, str | None]) -> int:
    """Return how many bytes stand in files that are missing, unreadable or not as written."""
    return sum(known.size for path, known in files.items() if found.get(path) != known.sha256)


def bytes_lost(guest: Guest, files: Mapping[str, Known]) -> int:
    """Read all files from the disks again. Raises GuestError."""
    guest.run("sync; echo 3 >/proc/sys/vm/drop_caches")
    script = f"python3 {WRITER} check <<'END'\n{json.dumps(sorted(files))}\nEND\n"
    return lost(files, _HASHES.validate_json(guest.run(script).out))
