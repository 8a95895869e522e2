"""Sizes and rates of nothing: written by mistake, and the end of every sum that they stand in."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Partition
from sovereign.review.rule import Hit, Subject, host_rule


@host_rule(
    "SIZ001",
    Severity.ERROR,
    "A size is 0",
    why="Memory, disks, partitions, links and images are of some size. A tmpfs of size 0 is one"
    " without a limit, and a partition of size 0 is refused or takes the rest of the disk.",
    source="https://docs.kernel.org/filesystems/tmpfs.html",
)
def nothing(subject: Subject) -> Iterator[Hit]:
    """Find what is described with a size or rate of 0."""
    for at, what, size in _sizes(subject.host):
        if size == 0:
            yield Hit(at, f"{what} is 0", fix="the size that it has, with its unit")


def _sizes(host: Host) -> Iterator[tuple[KeyPath, str, int]]:
    hardware = host.hardware
    yield ("hardware", "memory"), "the memory", hardware.memory
    yield ("boot", "root", "size"), "the root in memory", host.boot.root.size
    yield ("boot", "image_size"), "the image of a generation", host.boot.image_size
    for name, gpu in hardware.gpus.items():
        yield ("hardware", "gpus", name, "memory"), f'the memory of "{name}"', gpu.memory
    for name, nic in hardware.nics.items():
        yield ("hardware", "nics", name, "rate"), f'the rate of "{name}"', nic.rate
    for name, disk in hardware.disks.items():
        yield ("hardware", "disks", name, "size"), f'the disk "{name}"', disk.size
    for index, layout in enumerate(host.storage.layouts):
        for place, part in enumerate(layout.partitions):
            at: KeyPath = ("storage", "layouts", index, "partitions", place, "size")
            yield at, f'the partition "{part.name}"', _size(part)


def _size(part: Partition) -> int:
    return 1 if part.size == "rest" else int(part.size)
