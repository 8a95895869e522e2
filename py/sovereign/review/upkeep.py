"""Regular care: scrubs, ZFS's cache, and somebody who hears of a failed drive."""

import re
from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_ZFS4 = "https://openzfs.github.io/openzfs-docs/man/master/4/zfs.4.html"
_SCRUB = "https://openzfs.github.io/openzfs-docs/man/master/8/zpool-scrub.8.html"
_SMARTD = "https://www.smartmontools.org/wiki/FAQ"
_ALERTS = "https://openzfs.github.io/openzfs-docs/man/master/8/zed.8.html"
_ARC_LEAST = Size.parse("64MiB")
_RARE = {"quarterly", "semiannually", "biannually", "annually", "yearly"}


def default_arc(memory: Size) -> Size:
    """What ZFS's cache may take when nothing is set, on Linux since OpenZFS 2.3."""
    return Size(max(memory - 2**30, memory * 5 // 8))


@host_rule(
    "UPK001",
    Severity.WARNING,
    "Pools are scrubbed too rarely",
    why="A scrub reads every block and repairs what a disk has lost. What is not read for months rots"
    " unseen, until a second disk fails and the good copy is missing.",
    source=_SCRUB,
)
def scrubbed(subject: Subject) -> Iterator[Hit]:
    """Once a month or more often."""
    scrub = subject.host.upkeep.scrub
    if subject.host.storage.pools and _is_rare(scrub):
        yield Hit(("upkeep", "scrub"), f"a scrub {scrub} is rare", fix='scrub = "monthly"')


@host_rule(
    "UPK002",
    Severity.ERROR,
    "ZFS ignores the limit of its cache",
    why="ZFS takes zfs_arc_max from 64 MiB up to less than the memory; any other value is ignored, and"
    " the cache takes what it takes by default.",
    source=f"{_ZFS4}#zfs_arc_max",
)
def arc_limit_counts(subject: Subject) -> Iterator[Hit]:
    """upkeep.arc_max between 64 MiB and the memory."""
    arc, memory = subject.host.upkeep.arc_max, subject.host.hardware.memory
    if arc is not None and memory and not _ARC_LEAST <= arc < memory:
        yield Hit(
            ("upkeep", "arc_max"),
            f"{arc.human_binary()} on a host with {memory.human_binary()}",
            fix=f'arc_max = "{_gib(memory // 2)}", half of the memory',
        )


@host_rule(
    "UPK003",
    Severity.WARNING,
    "ZFS's cache leaves little memory",
    why="The cache gives memory back when asked, more slowly than a large process takes it. An eighth"
    " of the memory, and 2 GiB at least, should stay free of it.",
    source=f"{_ZFS4}#zfs_arc_max",
)
def arc_leaves_room(subject: Subject) -> Iterator[Hit]:
    """An eighth of the memory beside the cache."""
    arc, memory = subject.host.upkeep.arc_max, subject.host.hardware.memory
    room = max(memory // 8, 2 * 2**30)
    if arc is not None and arc < memory < arc + room:
        yield Hit(
            ("upkeep", "arc_max"),
            f"{arc.human_binary()} leave {Size(memory - arc).human_binary()}",
            fix=f'arc_max = "{_gib(memory - room)}"',
        )


@host_rule(
    "UPK004",
    Severity.WARNING,
    "ZFS's cache has no limit",
    why="Since OpenZFS 2.3 the cache takes nearly all memory by default. A database and a model that"
    " is loaded ask for much at once.",
    source=f"{_ZFS4}#zfs_arc_max",
)
def arc_is_limited(subject: Subject) -> Iterator[Hit]:
    """A limit where a database or a GPU shares the memory with pools."""
    host = subject.host
    shares = bool(host.database or host.hardware.gpus)
    if host.storage.pools and shares and host.upkeep.arc_max is None:
        memory = host.hardware.memory
        yield Hit(
            ("upkeep", "arc_max"),
            f"the cache may take {default_arc(memory).human_binary()} of {memory.human_binary()}",
            fix=f'arc_max = "{_gib(memory * 3 // 8)}"',
        )


@host_rule(
    "UPK005",
    Severity.WARNING,
    "Nobody is told when a drive fails",
    why="Redundancy hides a failed drive: everything goes on, until the next one. ZED, mdadm and smartd"
    " send mail, if they know where to.",
    source=_ALERTS,
)
def somebody_is_told(subject: Subject) -> Iterator[Hit]:
    """Alerts on a host with pools or arrays."""
    storage = subject.host.storage
    if (storage.pools or storage.arrays) and subject.host.upkeep.alerts is None:
        yield Hit(
            ("upkeep", "alerts"),
            "a failed drive is seen only by who looks",
            fix="[upkeep.alerts] with to, sender and relay",
        )


@host_rule(
    "UPK006",
    Severity.WARNING,
    "Drives are not watched",
    why="smartd reads the drives' own counts of bad sectors and worn cells, and tells of many failures"
    " before they happen.",
    source=_SMARTD,
)
def drives_are_watched(subject: Subject) -> Iterator[Hit]:
    """upkeep.smart on a host with disks."""
    if subject.host.hardware.disks and not subject.host.upkeep.smart:
        yield Hit(("upkeep", "smart"), "smartd is off", fix="smart = true")


@host_rule(
    "UPK007",
    Severity.WARNING,
    "Mail needs both a user and a password",
    why="A relay that asks for a login asks for both; with one of them the login fails, and alerts"
    " with it.",
    source="https://marlam.de/msmtp/msmtp.html",
)
def login_is_whole(subject: Subject) -> Iterator[Hit]:
    """upkeep.alerts has user and password, or neither."""
    alerts = subject.host.upkeep.alerts
    if alerts and (alerts.user is None) != (alerts.password is None):
        key, missing = ("user", "password") if alerts.user else ("password", "user")
        yield Hit(
            ("upkeep", "alerts", key),
            f"{key} without {missing}",
            fix=f"add {missing}, or remove {key}",
        )


@host_rule(
    "UPK008",
    Severity.WARNING,
    "The limit of ZFS's cache is set twice",
    why="Both settings reach the module; which of them wins depends on how it is loaded.",
    source=f"{_ZFS4}#zfs_arc_max",
)
def arc_is_set_once(subject: Subject) -> Iterator[Hit]:
    """No zfs.zfs_arc_max in boot.parameters."""
    for index, parameter in enumerate(subject.host.boot.parameters):
        if parameter.startswith("zfs.zfs_arc_max=") and subject.host.upkeep.arc_max is not None:
            yield Hit(
                ("boot", "parameters", index), f"{parameter} beside upkeep.arc_max", fix="remove it"
            )


def _is_rare(calendar: str) -> bool:
    """Whether a systemd calendar names less than six months of a year."""
    months = re.search(r"(?:^|[ -])([0-9]{1,2}(?:,[0-9]{1,2})*)-[0-9*]", calendar)
    return calendar in _RARE or (months is not None and months[1].count(",") < 5)


def _gib(size: int) -> str:
    return f"{max(1, size // 2**30)}GiB"
