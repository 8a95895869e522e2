"""Pools, their disks and the properties of their datasets; arrays of the kernel."""

from collections.abc import Iterable, Mapping

from sovereign.expectations.zfs import MdArray, ZfsPool, ZfsProperty
from sovereign.suite.devices import devices
from sovereign.suite.vantage import Vantage, quoted, require
from sovereign.suite.zpool import Group, gathered, read_status


def test_zfs_property(expectation: ZfsProperty, inside: Vantage) -> None:
    """The property has its value."""
    dataset, setting = expectation.dataset, expectation.setting
    program = "zpool" if expectation.pool else "zfs"
    found = inside.output(program, "get", "-Hp", "-o", "value", setting, dataset).strip()
    require(
        found == expectation.value,
        f"{setting} of {dataset} must be {quoted(expectation.value)}, and is {quoted(found)}",
    )


def test_zfs_pool(expectation: ZfsPool, inside: Vantage) -> None:
    """It is online, and made of exactly these groups."""
    pool = expectation.pool
    done = inside.run("zpool", "status", "-P", pool)
    require(done.code == 0, f"there is no pool {pool}")
    status = read_status(done.out)
    require(status.state == "ONLINE", f"{pool} must be ONLINE, and is {status.state}")
    names = [member for vdev in expectation.vdevs for member in vdev.members]
    known = devices(inside, [*names, *(path for group in status.groups for path in group.members)])
    vdevs = (Group(vdev.role, vdev.kind, vdev.members) for vdev in expectation.vdevs)
    expected, found = _resolved(vdevs, known), _resolved(status.groups, known)
    missing = [_said(group) for group in expected if group not in found]
    strange = [_said(group) for group in found if group not in expected]
    require(not missing, f"{pool} lacks {'; '.join(missing)}; it has {'; '.join(strange)}")
    require(found == expected, f"{pool} has more than it must: {'; '.join(strange)}")


def test_md_array(expectation: MdArray, inside: Vantage) -> None:
    """It is of this level, whole, and made of exactly these members."""
    name = expectation.name
    done = inside.run("mdadm", "--detail", "--export", f"/dev/md/{name}")
    require(done.code == 0, f"there is no array {name}")
    said = dict(line.split("=", 1) for line in done.out.splitlines() if "=" in line)
    level = said.get("MD_LEVEL")
    wanted = f"raid{expectation.level}"
    require(level == wanted, f"the array {name} must be {wanted}, and is {level}")
    paths = [value for key, value in said.items() if key.endswith("_DEV")]
    known = devices(inside, [*expectation.members, *paths])
    found = {known.get(path, path) for path in paths}
    expected = {known.get(member, member) for member in expectation.members}
    require(
        found == expected,
        f"the array {name} must have {', '.join(sorted(expected))}, and has {', '.join(sorted(found))}",
    )
    array = inside.output("readlink", "-f", f"/dev/md/{name}").strip().removeprefix("/dev/")
    degraded = inside.output("cat", f"/sys/class/block/{array}/md/degraded").strip()
    require(degraded == "0", f"the array {name} lacks {degraded} of its members")


def _resolved(groups: Iterable[Group], known: Mapping[str, str]) -> tuple[Group, ...]:
    return gathered(
        Group(group.role, group.kind, tuple(known.get(name, name) for name in group.members))
        for group in groups
    )


def _said(group: Group) -> str:
    return f"{group.role} {group.kind} of {', '.join(group.members)}"
