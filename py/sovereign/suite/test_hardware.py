"""What the machine is made of."""

import re

from pydantic import BaseModel

from sovereign.expectations.hardware import Disk, Gpu, Memory, Processor
from sovereign.suite.vantage import Vantage, parsed, require

_KEPT = 0.05
"""Of the memory, by firmware and kernel, at most."""


class _Disk(BaseModel):
    serial: str | None
    size: int


class _Answer(BaseModel):
    blockdevices: tuple[_Disk, ...]


def test_disk(expectation: Disk, inside: Vantage) -> None:
    """The disk is at its place, with its serial number and its size."""
    path = expectation.path
    done = inside.run("lsblk", "--json", "--bytes", "--nodeps", "--output", "SERIAL,SIZE", path)
    require(done.code == 0, f"there is no disk at {path}")
    disks = parsed(_Answer, done.out, "lsblk").blockdevices
    require(len(disks) == 1, f"there is no disk at {path}")
    serial, size = (disks[0].serial or "").strip(), disks[0].size
    require(
        serial == expectation.serial,
        f"the disk at {path} must have the serial number {expectation.serial}, and has {serial or 'none'}",
    )
    expected = expectation.size_bytes
    require(size == expected, f"the disk at {path} must have {expected} bytes, and has {size}")


def test_memory(expectation: Memory, inside: Vantage) -> None:
    """There is as much memory as there must be."""
    total = re.search(r"^MemTotal:\s+(\d+) kB", inside.output("cat", "/proc/meminfo"), re.MULTILINE)
    found = int(total[1]) * 1024 if total else 0
    expected = expectation.at_least_bytes
    require(
        found >= expected * (1 - _KEPT),
        f"there must be {expected / 2**30:.1f} GiB of memory, and there are {found / 2**30:.1f}",
    )


def test_processor(expectation: Processor, inside: Vantage) -> None:
    """There are as many threads as there must be."""
    found = inside.output("nproc", "--all").strip()
    require(
        found == str(expectation.threads),
        f"there must be {expectation.threads} threads, and there are {found}",
    )


def test_gpu(expectation: Gpu, inside: Vantage) -> None:
    """A driver sees a card of this model."""
    out = inside.output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    found = [line.strip() for line in out.splitlines() if line.strip()]
    require(
        any(expectation.model in name for name in found),
        f"there must be a {expectation.model}, and there is {', '.join(found) or 'none'}",
    )
