"""How QEMU is called: a machine as data, and the arguments that make it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

QEMU = "qemu-system-x86_64"

Cache = Literal["unsafe", "writeback"]
"""unsafe: flushes of the guest are ignored. writeback: a flush reaches the host's disk (fdatasync)."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A disk of the guest on a file of the host; `name` is its device's id on QEMU's monitor."""

    name: str
    kind: Literal["nvme", "ssd", "hdd"]
    serial: str
    file: Path
    format: Literal["raw", "qcow2"] = "raw"


@dataclass(frozen=True, slots=True)
class Machine:
    """A guest: started by its kernel from a shared root folder, or by firmware given in `extra`."""

    drives: tuple[Drive, ...] = ()
    cache: Cache = "unsafe"
    memory: int = 4096
    """MiB."""

    cpus: int = 2
    kernel: Path | None = None
    initrd: Path | None = None
    root: Path | None = None
    append: str = ""
    """What the kernel is told beyond what every guest is told."""

    ssh_port: int | None = None
    """The port on the host's loopback that leads to the guest's ssh; None: no network card."""

    extra: tuple[str, ...] = ()


def arguments(machine: Machine, folder: Path) -> tuple[str, ...]:
    """The whole call, without KVM. In `folder`: `monitor`, QMP's socket, and the text of `console`."""
    return (
        QEMU,
        "-nodefaults",
        "-no-user-config",
        *("-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"),
        *("-smp", str(machine.cpus), "-m", str(machine.memory)),
        *("-display", "none", "-no-reboot", "-serial", "chardev:console"),
        *("-chardev", f"file,id=console,path={in_option(folder / 'console')}"),
        *("-qmp", f"unix:{in_option(folder / 'monitor')},server=on,wait=off"),
        *_kernel(machine),
        *_network(machine),
        *_drives(machine),
        *machine.extra,
    )


def _kernel(machine: Machine) -> Iterator[str]:
    if machine.kernel:
        told = "console=ttyS0 quiet loglevel=3 mitigations=off panic=-1 net.ifnames=0"
        yield from ("-kernel", str(machine.kernel))
        yield from ("-append", f"{told} {machine.append}".rstrip())
    if machine.initrd:
        yield from ("-initrd", str(machine.initrd))
    if machine.root:
        yield from (
            "-fsdev",
            f"local,id=root,path={in_option(machine.root)},security_model=none,"
            "multidevs=remap,readonly=on",
        )
        yield from ("-device", "virtio-9p-pci,fsdev=root,mount_tag=root")


def _network(machine: Machine) -> Iterator[str]:
    if machine.ssh_port is not None:
        forward = f"hostfwd=tcp:127.0.0.1:{machine.ssh_port}-:22"
        yield from ("-netdev", f"user,id=ssh,restrict=on,{forward}")
        yield from ("-device", "virtio-net-pci,netdev=ssh,romfile=")


def _drives(machine: Machine) -> Iterator[str]:
    if any(drive.kind != "nvme" for drive in machine.drives):
        yield from ("-device", "virtio-scsi-pci,id=scsi")
    for number, drive in enumerate(machine.drives):
        yield from ("-blockdev", _block(machine, drive))
        if drive.kind == "nvme":
            # Behind a port of its own, for on the root bus it could not be pulled.
            port = f"pcie-root-port,id=port-{drive.name},chassis={number + 1},slot={number + 1}"
            yield from ("-device", port)
        yield from ("-device", ",".join(device(drive)))


def _block(machine: Machine, drive: Drive) -> str:
    flush = "on" if machine.cache == "unsafe" else "off"
    zeroes = ",detect-zeroes=unmap" if drive.format == "raw" else ""
    return (
        f"driver={drive.format},node-name=node-{drive.name},discard=unmap{zeroes},"
        f"cache.no-flush={flush},file.driver=file,file.filename={in_option(drive.file)},"
        f"file.discard=unmap,file.cache.no-flush={flush}"
    )


def device(drive: Drive) -> tuple[str, ...]:
    """The device of a drive, as words for `-device`; its block node is called node-NAME."""
    shared = (f"id={drive.name}", f"drive=node-{drive.name}", f"serial={drive.serial}")
    if drive.kind == "nvme":
        return ("nvme", f"bus=port-{drive.name}", *shared)
    rotation = "rotation_rate=7200" if drive.kind == "hdd" else "rotation_rate=1"
    return ("scsi-hd", "bus=scsi.0", rotation, *shared)


def in_option(path: Path) -> str:
    """A path inside a list of options, where a comma is written twice."""
    return str(path).replace(",", ",,")
