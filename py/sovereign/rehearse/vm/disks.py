"""The disks of a host, as the inventory describes them, on sparse files."""

from collections.abc import Iterator
from pathlib import Path

from sovereign.inventory.host import Host
from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.vm.qemu import Drive

RULES = "/etc/udev/rules.d/70-rehearsal.rules"


def drives(host: Host, folder: Path) -> tuple[Drive, ...]:
    """The host's disks with their serial numbers, their files in `folder`."""
    return tuple(
        Drive(name, disk.kind, disk.serial, folder / f"{name}.img")
        for name, disk in host.hardware.disks.items()
    )


def make_blank(host: Host, drive: Drive) -> None:
    """Give a drive an empty file of the true size; it takes no room before it is written to."""
    drive.file.parent.mkdir(parents=True, exist_ok=True)
    with drive.file.open("wb") as file:
        file.truncate(int(host.hardware.disks[drive.name].size))


def names(host: Host) -> Placed:
    """The rule by which the guest's udev gives each disk the inventory's path."""
    return Placed(RULES, "".join(f"{line}\n" for line in _rules(host)))


def _rules(host: Host) -> Iterator[str]:
    yield 'SUBSYSTEM!="block", GOTO="end"'
    for disk in host.hardware.disks.values():
        where = disk.path.removeprefix("/dev/")
        # A partition inherits the serial number of its disk.
        key = "ID_SERIAL_SHORT" if disk.kind == "nvme" else "ID_SCSI_SERIAL"
        match = f'ENV{{{key}}}=="{disk.serial}"'
        yield f'ENV{{DEVTYPE}}=="disk", {match}, SYMLINK+="{where}"'
        yield f'ENV{{DEVTYPE}}=="partition", {match}, SYMLINK+="{where}-part%n"'
    yield 'LABEL="end"'
