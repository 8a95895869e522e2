"""The calendar of scrubs and trims. There is no pool here that they could run on."""

from collections.abc import Mapping

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render.systemd_unit import nixos_service, timer
from sovereign.rehearse.values import Given, parse

AFTER = ("system",)
UNPROVEN = (
    (r"timer: fstrim\.timer", "systemd does not start it in a container"),
    (r"unit: zfs-zed\.service active", "a container has no ZFS"),
    (r"unit: (mdmonitor|smartd)\.service active", "a container has no disks"),
    ("kernel-parameter: .*", "a container has the kernel of the machine it runs on"),
)

_POOLS = "zpool list -H -o name"
_TIMERS = {
    "scrub": ("zfs-scrub", "ZFS pools scrubbing", f"zpool scrub -w $({_POOLS})\n"),
    "trim": (
        "zpool-trim",
        "ZFS pools trim",
        f"for pool in $({_POOLS}); do zpool trim $pool;  done || true\n",
    ),
}


class _Calendar(Given):
    enable: bool
    interval: str


class _Upkeep(Given):
    scrub: _Calendar
    trim: _Calendar


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Return a timer for each, with the unit that it starts."""
    del world
    upkeep = parse(_Upkeep, given)
    made = {
        name: _timer(name, each.interval)
        for name, each in (("scrub", upkeep.scrub), ("trim", upkeep.trim))
        if each.enable
    }
    units = tuple(f"{_TIMERS[name][0]}.timer" for name in made)
    return Furnishing(
        files=tuple(file for files in made.values() for file in files),
        commands=(("systemctl", "enable", *units),) if units else (),
        units=units,
    )


def _timer(name: str, interval: str) -> tuple[Placed, ...]:
    """Follow nixos/modules/tasks/filesystems/zfs.nix, without its random delay."""
    unit, description, script = _TIMERS[name]
    started = {
        "description": description,
        "after": ["zfs-import.target"],
        "script": script,
        "serviceConfig": {"Type": "oneshot"},
    }
    options = {
        "wantedBy": ["timers.target"],
        "after": ["multi-user.target"],
        "timerConfig": {"OnCalendar": interval, "Persistent": "yes"},
    }
    return (*nixos_service(unit, started, {}), timer(unit, options))
