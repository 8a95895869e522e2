"""Redundancy: vdevs and arrays have the members that their kind takes, and lose what they may lose."""

from collections import Counter
from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.devices import device
from sovereign.inventory.storage import Pool, Vdev
from sovereign.review.capacity import PARITY, member_sizes, sizes_of
from sovereign.review.members import all_groups
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_CONCEPTS = "https://openzfs.github.io/openzfs-docs/man/master/7/zpoolconcepts.7.html"
_PROPERTIES = "https://openzfs.github.io/openzfs-docs/man/master/7/zpoolprops.7.html"
_WIDEST = 12
_SIZE_TOLERANCE = 64 * 2**20
"""Drives that are sold alike differ by some MiB between makers."""


def tolerates(vdev: Vdev) -> int:
    """How many members a vdev may lose before its data is lost."""
    if vdev.kind == "stripe":
        return 0
    return len(vdev.members) - 1 if vdev.kind == "mirror" else PARITY[vdev.kind]


def fewest_members(kind: str) -> int:
    """The fewest members that `zpool create` takes for a kind of vdev."""
    return {"stripe": 1, "mirror": 2}.get(kind, PARITY.get(kind, 0) + 1)


@host_rule(
    "STO010",
    Severity.ERROR,
    "A vdev or array has too few members",
    why="A mirror has two legs or more, raidz one disk more than its parity, and an md array two"
    " members. ZFS and mdadm refuse fewer.",
    source=_CONCEPTS,
)
def enough_members(subject: Subject) -> Iterator[Hit]:
    """The least number of members for each kind."""
    for group in all_groups(subject.host):
        yield from _too_few(group.at, group.vdev.kind, len(group.vdev.members))
        if group.role == "log" and group.vdev.kind in PARITY:
            yield Hit((*group.at, "kind"), "a log vdev cannot be raidz", fix='kind = "mirror"')
    for name, array in subject.host.storage.arrays.items():
        if len(array.members) < 2:
            yield Hit(
                ("storage", "arrays", name, "members"),
                f"RAID{array.level} takes 2 members or more, here are {len(array.members)}",
                fix="add a member of another disk, or use a pool",
            )


@host_rule(
    "STO011",
    Severity.WARNING,
    "A raidz vdev has an unusual width",
    why="All disks of a raidz vdev work on every block, and a failed one is rebuilt by reading all"
    " others: the wider it is, the slower and the longer at risk. With one disk more than its parity"
    " it stores no more than a mirror, slower.",
    source=_CONCEPTS,
)
def sound_width(subject: Subject) -> Iterator[Hit]:
    """Raidz from parity + 2 up to 12 members."""
    for group in all_groups(subject.host):
        parity, width = PARITY.get(group.vdev.kind), len(group.vdev.members)
        if parity is None or width <= parity:
            continue
        at: KeyPath = (*group.at, "members")
        if width > _WIDEST:
            half = -(-width // 2)
            yield Hit(
                at,
                f"{group.vdev.kind} over {width} disks is wide",
                detail=f"OpenZFS recommends 3 to 9; common practice ends at {_WIDEST}",
                fix=f"make two vdevs of {half} and {width - half}",
            )
        elif width == parity + 1:
            yield Hit(
                at,
                f"{group.vdev.kind} over {width} disks stores one disk's worth, like a mirror",
                fix='kind = "mirror"',
            )


@host_rule(
    "STO012",
    Severity.ERROR,
    "Redundant members lie on one disk",
    why="When the disk dies, all members on it die at once: the redundancy is only on paper.",
    source=_CONCEPTS,
)
def legs_on_different_disks(subject: Subject) -> Iterator[Hit]:
    """Members of one redundant vdev or array are on different disks."""
    for group in all_groups(subject.host):
        if group.vdev.kind != "stripe":
            yield from _shared((*group.at, "members"), group.vdev.members)
    for name, array in subject.host.storage.arrays.items():
        if array.level != 0:
            yield from _shared(("storage", "arrays", name, "members"), array.members)


@host_rule(
    "STO013",
    Severity.WARNING,
    "Members of one vdev or array differ in size",
    why="Each member counts as the smallest one; what the others have more is not used.",
    source=_CONCEPTS,
)
def equal_sizes(subject: Subject) -> Iterator[Hit]:
    """Members of a redundant vdev or array are alike, spares no smaller than what they replace."""
    host = subject.host
    for group in all_groups(host):
        if group.vdev.kind != "stripe":
            sizes = member_sizes(host, group.vdev)
            yield from _unlike((*group.at, "members"), group.vdev.members, sizes)
    for name, array in host.storage.arrays.items():
        at: KeyPath = ("storage", "arrays", name, "members")
        yield from _unlike(at, array.members, sizes_of(host, array.members))
    for name, pool in host.storage.pools.items():
        data = [size for vdev in pool.vdevs for size in member_sizes(host, vdev)]
        for index, spare in enumerate(pool.spares):
            size = device(host, spare).size
            if data and size < min(data):
                yield Hit(
                    ("storage", "pools", name, "spares", index),
                    f"{spare} is too small to replace a disk of {name}",
                    detail=f"{size.human()} for {min(data).human()}",
                    fix="a spare as large as the disks of the pool",
                )


@host_rule(
    "STO014",
    Severity.WARNING,
    "The data vdevs of a pool are unlike each other",
    why="Blocks are spread over all vdevs: the pool is as safe as its weakest one and as fast as its"
    " slowest. `zpool create` refuses unlike vdevs; disko forces it.",
    source=_CONCEPTS,
)
def alike_vdevs(subject: Subject) -> Iterator[Hit]:
    """Data vdevs of one kind and width."""
    for name, pool in subject.host.storage.pools.items():
        shapes = Counter(map(_shape, pool.vdevs))
        if len(shapes) < 2:
            continue
        usual = _shape(max(pool.vdevs, key=lambda vdev: (shapes[_shape(vdev)], tolerates(vdev))))
        for index, vdev in enumerate(pool.vdevs):
            if _shape(vdev) != usual:
                yield Hit(
                    ("storage", "pools", name, "vdevs", index),
                    f"this vdev is {_shape(vdev)}, others of {name} are {usual}",
                    fix="vdevs of one kind and width, or a pool of its own",
                )


@host_rule(
    "STO015",
    Severity.WARNING,
    "Data without redundancy",
    why="One failed drive loses the whole pool or array; a scrub finds damage and cannot repair it.",
    source=_CONCEPTS,
)
def redundant(subject: Subject) -> Iterator[Hit]:
    """No pool of single disks, no RAID0."""
    for group in all_groups(subject.host):
        if group.role == "data" and group.vdev.kind == "stripe":
            yield Hit(
                (*group.at, "kind"),
                f"pool {group.pool} is lost with any one of: {', '.join(group.vdev.members)}",
                fix='kind = "mirror" with two members or more',
            )
    for name, array in subject.host.storage.arrays.items():
        if array.level == 0:
            yield Hit(
                ("storage", "arrays", name, "level"),
                f"array {name} is lost with any one of: {', '.join(array.members)}",
                fix="level = 1",
            )


@host_rule(
    "STO016",
    Severity.WARNING,
    "ashift does not suit the drives",
    why="ashift is the sector size as a power of two and cannot be changed once a vdev exists. Drives"
    " of today have 4 KiB sectors inside (12), whatever they report; below, each write of a smaller"
    " block costs a read and a write; far above, small blocks waste space.",
    source=_PROPERTIES,
)
def sound_ashift(subject: Subject) -> Iterator[Hit]:
    """12, or 13 on flash only."""
    for name, pool in subject.host.storage.pools.items():
        most = 13 if _is_flash(subject, pool) else 12
        if not 12 <= pool.ashift <= most:
            yield Hit(
                ("storage", "pools", name, "ashift"),
                f"ashift {pool.ashift} means sectors of {1 << pool.ashift} bytes",
                fix="ashift = 12",
            )


def _too_few(at: KeyPath, kind: str, count: int) -> Iterator[Hit]:
    fewest = fewest_members(kind)
    if count < fewest:
        yield Hit(
            (*at, "members"),
            f"{kind} takes {fewest} members or more, here are {count}",
            fix="add members, or another kind of vdev",
        )


def _shared(at: KeyPath, members: tuple[str, ...]) -> Iterator[Hit]:
    first: dict[str, str] = {}
    for index, member in enumerate(members):
        other = first.setdefault(member.partition(".")[0], member)
        if other != member:
            disk = member.partition(".")[0]
            yield Hit(
                (*at, index),
                f"{member} and {other} lie on one disk, {disk}",
                fix="take a partition of another disk",
            )


def _unlike(at: KeyPath, members: tuple[str, ...], sizes: tuple[Size, ...]) -> Iterator[Hit]:
    smallest = min(sizes)
    if max(sizes) - smallest > _SIZE_TOLERANCE:
        lost = Size(sum(size - smallest for size in sizes))
        first = sizes.index(smallest)
        yield Hit(
            (*at, first),
            f"{members[first]} is smaller than the other members: {lost.human()} of them stay unused",
            detail=f"each counts as {smallest.human()}; the largest has {max(sizes).human()}",
            fix="members of one size, or accept what is lost",
        )


def _shape(vdev: Vdev) -> str:
    """Kind and width; a stripe may have any number of disks."""
    return vdev.kind if vdev.kind == "stripe" else f"{vdev.kind} of {len(vdev.members)}"


def _is_flash(subject: Subject, pool: Pool) -> bool:
    members = (member for vdev in pool.vdevs for member in vdev.members)
    return all(device(subject.host, member).disk.kind != "hdd" for member in members)
