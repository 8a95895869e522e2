"""Disks and partitions: do they fit, is each used once and for what it is, are they named safely."""

import re
from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.devices import ALIGNMENT, layout_of, left_over
from sovereign.review.members import partitions, uses
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_SGDISK = "https://man.archlinux.org/man/sgdisk.8"
_DISKO = "https://github.com/nix-community/disko/blob/master/docs/reference.md"
_BY_ID = "https://openzfs.github.io/openzfs-docs/Project%20and%20Community/FAQ.html#selecting-dev-names-when-creating-a-pool-linux"
_BY_ID_FOLDER = "/dev/disk/by-id/"
_NO_SERIAL = ("wwn-", "nvme-eui.", "nvme-nvme.", "nvme-uuid.", "scsi-", "dm-", "md-")


@host_rule(
    "STO001",
    Severity.ERROR,
    "Partitions do not fit on their disk",
    why="A drive is sold in decimal bytes, partitions are cut in binary ones: 2 TB are 1863 GiB."
    " Each partition begins on a multiple of 1 MiB, and a copy of the partition table stands at the"
    " end of the disk.",
    source=_SGDISK,
)
def partitions_fit(subject: Subject) -> Iterator[Hit]:
    """The fixed sizes, and at least 1 MiB for a partition of size "rest"."""
    host = subject.host
    for index, layout in enumerate(host.storage.layouts):
        sizes = [part.size for part in layout.partitions if isinstance(part.size, Size)]
        room = 0 if len(sizes) == len(layout.partitions) else ALIGNMENT
        left = {disk: left_over(host, disk) for disk in layout.disks}
        short = [disk for disk in layout.disks if left[disk] < room]
        if not sizes or not short:
            continue
        place = next(i for i, part in enumerate(layout.partitions) if part.size == max(sizes))
        worst = min(short, key=lambda disk: left[disk])
        size = host.hardware.disks[worst].size
        yield Hit(
            ("storage", "layouts", index, "partitions", place, "size"),
            f"the partitions need {_gib(room - left[worst])} more than {worst} has",
            detail=f"{' + '.join(map(_gib, sizes))} = {_gib(sum(sizes))}"
            f" on {int(size)} B = {_gib(size)}; too small: {', '.join(short)}",
            fix="make partitions smaller, or take a larger disk"
            if room
            else 'write size = "rest" for one partition: it takes what the others leave',
        )


@host_rule(
    "STO002",
    Severity.ERROR,
    'More than one partition takes the "rest"',
    why='"rest" is all that the other partitions leave; two of them cannot both have it.',
    source=_DISKO,
)
def one_rest(subject: Subject) -> Iterator[Hit]:
    """One partition of size "rest" in each layout."""
    for index, layout in enumerate(subject.host.storage.layouts):
        rests = [place for place, part in enumerate(layout.partitions) if part.size == "rest"]
        for place in rests[1:]:
            name = layout.partitions[place].name
            first = layout.partitions[rests[0]].name
            yield Hit(
                ("storage", "layouts", index, "partitions", place, "size"),
                f'partition "{name}" takes the rest, which "{first}" takes already',
                fix='give it a size, like "64GiB"',
            )


@host_rule(
    "STO003",
    Severity.ERROR,
    "A disk or partition is used twice",
    why="Two users of one device overwrite each other. A disk that is cut into partitions cannot"
    " be used whole either.",
    source=_DISKO,
)
def used_once(subject: Subject) -> Iterator[Hit]:
    """Each member in one place, and no disk both whole and in parts."""
    seen: dict[str, str] = {}
    cut = {disk for layout in subject.host.storage.layouts for disk in layout.disks}
    for use in uses(subject.host):
        if use.member in seen:
            yield Hit(
                use.at,
                f"{use.member} is used twice: for {seen[use.member]} and for {use.purpose}",
                fix="give each its own disk or partition",
            )
        elif use.member in cut:
            yield Hit(
                use.at,
                f"{use.member} is used whole for {use.purpose} and is cut into partitions",
                fix=f'name one of its partitions, like "{use.member}.{_first_part(subject, use.disk)}"',
            )
        seen.setdefault(use.member, use.purpose)


@host_rule(
    "STO004",
    Severity.ERROR,
    "A partition has the wrong type for its use",
    why="The type stands in the partition table. Firmware finds an ESP by it, systemd finds swap,"
    " and an installer decides by it what may be overwritten.",
    source="https://uapi-group.org/specifications/specs/discoverable_partitions_specification/",
)
def right_type(subject: Subject) -> Iterator[Hit]:
    """A partition's type is that of what is built on it."""
    types = {name: part.type for _, name, part in partitions(subject.host)}
    for use in uses(subject.host):
        found = types.get(use.member)
        if found is None or found == use.type or (found, use.type) == ("esp", "md"):
            continue
        yield Hit(
            use.at,
            f'{use.member} is a partition of type "{found}" and is used for {use.purpose}',
            fix=f'write type = "{use.type}" for the partition, or name another one',
        )


@host_rule(
    "STO005",
    Severity.ERROR,
    "An ESP lies in an md array",
    why="Firmware reads and writes one ESP without knowing of the array, so that the legs differ"
    " afterwards. Lanzaboote and systemd-boot keep several separate ESPs alike themselves.",
    source="https://github.com/nix-community/lanzaboote/blob/v1.1.0/nix/modules/lanzaboote.nix",
)
def esp_outside_md(subject: Subject) -> Iterator[Hit]:
    """No partition of type esp is a member of an array."""
    types = {name: part.type for _, name, part in partitions(subject.host)}
    for use in uses(subject.host):
        if use.type == "md" and types.get(use.member) == "esp":
            yield Hit(
                use.at,
                f"{use.member} is an ESP and a member of {use.purpose}",
                fix='name each ESP under boot.esps: { partition = "nvme-a.esp", mount = "/boot" },'
                ' { partition = "nvme-b.esp", mount = "/boot-b" }',
            )


@host_rule(
    "STO006",
    Severity.NOTE,
    "A disk or partition is not used",
    why="Space that nothing is built on may be meant so, or forgotten.",
    source=_DISKO,
)
def all_used(subject: Subject) -> Iterator[Hit]:
    """Every disk and partition serves something."""
    host = subject.host
    used = {use.member for use in uses(host)}
    told: set[KeyPath] = set()
    for at, name, part in partitions(host):
        # STO051 tells of swap that only some of the disks have.
        meant = part.type == "swap" and host.storage.swap is not None
        if name not in used and not meant and at not in told:
            told.add(at)
            yield Hit(
                (*at, "name"),
                f"nothing uses partition {name}",
                fix="remove it, or build something on it",
            )
    for disk in host.hardware.disks:
        if disk not in used and not layout_of(host, disk):
            yield Hit(
                ("hardware", "disks", disk),
                f"nothing uses disk {disk}",
                fix="remove it, or build something on it",
            )


@host_rule(
    "STO007",
    Severity.WARNING,
    "A disk is not named by a stable path",
    why="The kernel hands out names like /dev/sda in the order in which drives answer, anew at"
    " every start. What formats or replaces a disk by such a name may hit another one.",
    source=_BY_ID,
)
def stable_path(subject: Subject) -> Iterator[Hit]:
    """Disks are named by a path under /dev/disk/by-id, and not by a partition's."""
    for name, disk in subject.host.hardware.disks.items():
        at: KeyPath = ("hardware", "disks", name, "path")
        if not disk.path.startswith(_BY_ID_FOLDER):
            yield Hit(
                at,
                f"{disk.path} may name another drive after the next start",
                fix=f"write the path that `ls -l {_BY_ID_FOLDER}` shows for it; it ends in the"
                f" serial number: {disk.serial}",
            )
        elif re.search(r"-part[0-9]+$", disk.path):
            yield Hit(at, f"{disk.path} is a partition, no disk", fix="leave -part… out")


@host_rule(
    "STO008",
    Severity.WARNING,
    "A disk's path does not name its serial number",
    why="udev writes a drive's serial number into its name under /dev/disk/by-id. Where the two"
    " differ, one of them belongs to another drive.",
    source="https://github.com/systemd/systemd/blob/main/rules.d/60-persistent-storage.rules.in",
)
def path_names_serial(subject: Subject) -> Iterator[Hit]:
    """The serial number stands in the by-id name as a whole word."""
    for name, disk in subject.host.hardware.disks.items():
        stable = disk.path.removeprefix(_BY_ID_FOLDER)
        if stable == disk.path or stable.startswith(_NO_SERIAL):
            continue
        before, found, after = stable.partition(disk.serial)
        if not found or before[-1:].isalnum() or after[:1].isalnum():
            yield Hit(
                ("hardware", "disks", name, "serial"),
                f"the path of {name} does not contain its serial number {disk.serial}",
                detail=f"path: {disk.path}",
                fix="compare with `lsblk -o PATH,SERIAL` and correct the one that is wrong",
            )


@host_rule(
    "STO009",
    Severity.ERROR,
    "Two disks have one path or serial number",
    why="A path and a serial number name one drive; two entries with the same would format it twice"
    " and count its space twice.",
    source=_BY_ID,
)
def disks_differ(subject: Subject) -> Iterator[Hit]:
    """Paths and serial numbers are unique in a host."""
    seen: dict[tuple[str, str], str] = {}
    for name, disk in subject.host.hardware.disks.items():
        for key, value in (("path", disk.path), ("serial", disk.serial)):
            first = seen.setdefault((key, value), name)
            if first != name:
                yield Hit(
                    ("hardware", "disks", name, key),
                    f"{name} and {first} have the same {key}: {value}",
                    fix=f"write the {key} of the drive that {name} stands for",
                )


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _first_part(subject: Subject, disk: str) -> str:
    layout = layout_of(subject.host, disk)
    return layout.partitions[0].name if layout and layout.partitions else ""
