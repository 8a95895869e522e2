"""Swap: on all like disks, large enough, and encrypted."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.inventory.devices import device
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_RED_HAT = (
    "https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/9/html/"
    "managing_storage_devices/getting-started-with-swap_managing-storage-devices"
)
_SWAPON = "https://man7.org/linux/man-pages/man8/swapon.8.html"
_GIB = 2**30


def recommended_swap(memory: int) -> Size:
    """Red Hat's recommendation without hibernation: twice the memory, as much, or 4 GiB."""
    if memory <= 2 * _GIB:
        return Size(2 * memory)
    if memory <= 8 * _GIB:
        return Size(memory)
    return Size(4 * _GIB)


@host_rule(
    "STO050",
    Severity.WARNING,
    "Swap is small for the memory",
    why="Swap holds pages that are not used, and gives time to see that memory runs out. Red Hat"
    " recommends twice the memory up to 2 GiB, as much as memory up to 8 GiB, and 4 GiB or more above.",
    source=_RED_HAT,
)
def enough_swap(subject: Subject) -> Iterator[Hit]:
    """All swap together reaches the recommendation."""
    host = subject.host
    wanted = recommended_swap(host.hardware.memory)
    members = host.storage.swap.members if host.storage.swap else ()
    total = sum(device(host, member).size for member in members)
    if total < wanted:
        yield Hit(
            ("storage", "swap", "members"),
            f"{Size(total).human_binary()} of swap for {host.hardware.memory.human_binary()}"
            " of memory",
            fix=f"make it {wanted.human_binary()} or more",
        )


@host_rule(
    "STO051",
    Severity.WARNING,
    "Swap lies on one of several like disks",
    why="The kernel spreads pages over swap areas of equal priority, like a stripe. With swap on one"
    " disk, that disk alone carries it, and the same partition of the others is wasted.",
    source=_SWAPON,
)
def swap_on_all(subject: Subject) -> Iterator[Hit]:
    """Where disks are laid out alike, swap uses all of them or none."""
    swap = subject.host.storage.swap
    if swap is None:
        return
    for layout in subject.host.storage.layouts:
        for part in layout.partitions:
            alike = [f"{disk}.{part.name}" for disk in layout.disks]
            unused = [member for member in alike if member not in swap.members]
            if unused and len(unused) < len(alike):
                yield Hit(
                    ("storage", "swap", "members"),
                    f"swap uses {', '.join(m for m in alike if m in swap.members)}"
                    f" and not {', '.join(unused)}",
                    fix=f"members = [{', '.join(repr(m) for m in alike)}]".replace("'", '"'),
                )


@host_rule(
    "STO052",
    Severity.WARNING,
    "Swap is not encrypted",
    why="Keys and passwords in memory are written to swap and stay on the drive after the power is"
    " off, and after the drive is sold. A random key at each start costs nothing to manage.",
    source="https://man7.org/linux/man-pages/man5/crypttab.5.html",
)
def encrypted_swap(subject: Subject) -> Iterator[Hit]:
    """A new random key at every start."""
    swap = subject.host.storage.swap
    if swap and swap.encryption == "none":
        yield Hit(
            ("storage", "swap", "encryption"),
            "pages of memory lie on the drives in clear text",
            fix='encryption = "random"',
        )
