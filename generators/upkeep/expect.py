"""What must be true of the upkeep: scrubs and trims by the calendar, watchers, the ARC's limit."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.origin import Origins
from sovereign.expectations.sysctl import KernelParameter
from sovereign.expectations.timer import Timer
from sovereign.expectations.unit import Unit
from sovereign.inventory.load import Inventory


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the upkeep."""
    host, origin = inventory.hosts[name], Origins.of("upkeep", inventory, name)
    upkeep, pools = host.upkeep, ("storage", "pools")
    trim = origin.own("upkeep", "trim", otherwise=("storage",))
    yield Timer(**trim, name="fstrim.timer", calendar=upkeep.trim)
    if host.storage.pools:
        scrub = origin.own("upkeep", "scrub", otherwise=pools)
        yield Timer(**scrub, name="zfs-scrub.timer", calendar=upkeep.scrub)
        yield Timer(**trim, name="zpool-trim.timer", calendar=upkeep.trim)
        alerts = origin.own("upkeep", "alerts", otherwise=pools)
        yield Unit(**alerts, name="zfs-zed.service")
        if upkeep.arc_max is not None:
            yield KernelParameter(
                **origin.own("upkeep", "arc_max"),
                parameter=f"zfs.zfs_arc_max={int(upkeep.arc_max)}",
            )
    # An array without redundancy has nothing to be watched for.
    for array, described in host.storage.arrays.items():
        if described.level:
            yield Unit(**origin.own("storage", "arrays", array), name="mdmonitor.service")
            break
    yield Unit(
        **origin.own("upkeep", "smart", otherwise=("hardware", "disks")),
        name="smartd.service",
        state="active" if upkeep.smart else "absent",
    )
