"""The stage "secure-boot": what the firmware starts from the host's boot partitions, and what not.

The image is a kernel with a tiny initrd, signed by a key of this run. That Lanzaboote installs such
images, and signs each generation, is left to the NixOS VM test.
"""

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sovereign.inventory.devices import device
from sovereign.inventory.host import Host
from sovereign.inventory.load import load
from sovereign.rehearse.vm.esp import fill, find_esp, lay_out, layouts
from sovereign.rehearse.vm.firmware import (
    Boot,
    Keys,
    Tools,
    boot,
    factory_variables,
    make_image,
    make_keys,
)
from sovereign.rehearse.vm.initrd import Entry, archive, busybox, module
from sovereign.rehearse.vm.proof import Proof, StageResult, Tell, expect, prove
from sovereign.rehearse.vm.qemu import Drive
from sovereign.rehearse.vm.root import kernel

_NAME = "secure-boot"
_BOOT_S = 240
"""Emulated firmware hashes slowly; alone on two cores a start takes 20 s to 40 s."""

_STARTED = "rehearsal end"
_REFUSED = "Access Denied"

# The variables are EFI_GLOBAL_VARIABLE's, and systemd-stub's (systemd.io/BOOT_LOADER_INTERFACE).
_INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
$b insmod /efivarfs.ko
v=/sys/firmware/efi/efivars
$b mount -t efivarfs efivarfs $v
global=8be4df61-93ca-11d2-aa0d-00e098032b8c
loader=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
tell() { echo "rehearsal $1: $2"; }
for word in $($b cat /proc/cmdline); do
  case $word in rehearsal=*) tell image "${word#*=}" ;; esac
done
tell secure-boot "$($b tail -c 1 $v/SecureBoot-$global | $b od -An -tu1 | $b tr -d ' ')"
tell partition "$($b tail -c +5 $v/LoaderDevicePartUUID-$loader | $b tr -d '\\000')"
tell pcr7 "$($b cat /sys/class/tpm/tpm0/pcr-sha256/7)"
tell end .
$b poweroff -f
"""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What all proofs use."""

    tools: Tools
    drives: tuple[Drive, ...]
    keys: Keys
    signed: Path
    unsigned: Path
    forged: Path


def run_secure_boot(
    project: Path,
    host: str,
    run_folder: Path,
    tell: Tell,
    *,
    tools_root: Path,
    vm_root: Path,
    drives: Sequence[Drive] = (),
) -> StageResult:
    """Prove what Secure Boot does to the host's boot partitions.

    `drives` are those with an ESP as the storage stage left them; without them they are laid out
    here, by the lines of format.sh. `tools_root` has firmware.PACKAGES, `vm_root` the kernel.
    """
    begun = time.monotonic()
    described = load(project).hosts[host]
    if described.boot.loader != "lanzaboote":
        skipped = Proof(_NAME, "skipped", f"{host} does not ask for Secure Boot")
        return StageResult(_NAME, (skipped,), 0)
    folder = run_folder / _NAME
    folder.mkdir()
    tools = Tools(tools_root, run_folder, folder)
    script = project / "hosts" / host / "generated" / "format.sh"
    tell("boot partitions, keys and images are made")
    laid_out = tuple(drives) or tuple(_lay_out(tools, described, script))
    stage = _prepare(tools, vm_root, laid_out)
    proofs = tuple(_proofs(stage, tell))
    return StageResult(_NAME, proofs, time.monotonic() - begun)


def _lay_out(tools: Tools, host: Host, script: Path) -> Iterator[Drive]:
    found = layouts(script)
    for esp in host.boot.esps:
        used = device(host, esp.partition)
        image = tools.folder / f"{used.disk_name}.img"
        lay_out(tools, image, int(used.disk.size), found[used.disk.path])
        yield Drive(used.disk_name, used.disk.kind, used.disk.serial, image)


def _prepare(tools: Tools, vm_root: Path, drives: tuple[Drive, ...]) -> _Stage:
    used = kernel(vm_root)
    linux, initrd = tools.folder / "linux", tools.folder / "initrd"
    shutil.copyfile(used.image, linux)
    initrd.write_bytes(_initrd(vm_root, used.modules))
    keys = make_keys(tools)

    def image(name: str, signing: Keys | None) -> Path:
        told = f"console=ttyS0 quiet loglevel=3 panic=-1 rehearsal={name}"
        return make_image(tools, linux, initrd, told, tools.folder / f"{name}.efi", signing)

    signed = image("signed", keys)
    forged = tools.folder / "forged.efi"
    forged.write_bytes(signed.read_bytes().replace(b"rehearsal=signed", b"rehearsal=forged"))
    return _Stage(tools, drives, keys, signed, image("unsigned", None), forged)


def _initrd(vm_root: Path, modules: Path) -> bytes:
    folders = (Entry(name, 0o755) for name in ("bin", "dev", "proc", "sys"))
    return archive(
        (
            *folders,
            Entry("init", 0o755, _INIT.encode()),
            Entry("bin/busybox", 0o755, busybox(vm_root)),
            Entry("efivarfs.ko", 0o644, module(modules, "efivarfs")),
        )
    )


def _proofs(stage: _Stage, tell: Tell) -> Iterator[Proof]:
    first, *others = stage.drives
    enforced: list[Boot] = []

    def signed(drives: Sequence[Drive]) -> str:
        _install(stage, stage.signed)
        seen = _start(stage, drives, stage.keys.variables)
        enforced.append(seen)
        check_started(seen, "signed", "1", _partition(drives[0]))
        return f"in {seen.seconds:.0f} s; PCR 7 is {seen.told['pcr7'][:16]}…"

    def refused(image: Path) -> str:
        _install(stage, image)
        seen = boot(
            stage.tools,
            stage.drives,
            stage.keys.variables,
            until=lambda text: text.count(_REFUSED) >= len(stage.drives) or _STARTED in text,
            seconds=_BOOT_S,
        )
        check_refused(seen, len(stage.drives))
        return f'"{_REFUSED}" from each disk after {seen.seconds:.0f} s'

    def control() -> str:
        _install(stage, stage.unsigned)
        seen = _start(stage, stage.drives, factory_variables(stage.tools))
        check_started(seen, "unsigned", "0", _partition(first))
        expect(bool(enforced) and bool(enforced[0].told), "the signed image did not start")
        measured = {one.told.get("pcr7", "") for one in enforced}
        expect(len(measured) == 1, f"PCR 7 differs between the disks: {sorted(measured)}")
        expect(seen.told["pcr7"] not in measured, "PCR 7 is the same as with Secure Boot")
        return "so the refusal was the signature's; PCR 7 tells the two apart"

    yield prove(f"the signed image starts from {first.name}", lambda: signed(stage.drives), tell)
    name = f"without {first.name} the second boot partition starts it"
    if others:
        yield prove(name, lambda: signed(others), tell)
    else:
        yield Proof(name, "skipped", "the host has one boot partition")
    yield prove("the unsigned image is refused", lambda: refused(stage.unsigned), tell)
    yield prove("the image changed after signing is refused", lambda: refused(stage.forged), tell)
    yield prove("without Secure Boot the unsigned image starts", control, tell)


def _install(stage: _Stage, image: Path) -> None:
    for drive in stage.drives:
        fill(stage.tools, drive.file, image)


def _start(stage: _Stage, drives: Sequence[Drive], variables: Path) -> Boot:
    return boot(
        stage.tools, drives, variables, until=lambda text: _STARTED in text, seconds=_BOOT_S
    )


def check_started(seen: Boot, image: str, enforced: str, partition: str) -> None:
    """Raise RefutedError unless this image started from this partition, measured, enforced or not."""
    expect("end" in seen.told, f"it did not start within {seen.seconds:.0f} s: {_end(seen)}")
    told = defaultdict(str, seen.told)
    expect(told["image"] == image, f'the image that started is "{told["image"]}"')
    expect(told["secure-boot"] == enforced, f"SecureBoot is {told['secure-boot']}")
    expect(told["partition"].lower() == partition, f"it started from {told['partition']}")
    expect(told["pcr7"].strip("0") != "", "nothing was measured into PCR 7")


def check_refused(seen: Boot, disks: int) -> None:
    """Raise RefutedError unless nothing started, and the firmware refused the image of each disk."""
    expect(not seen.told, f"it started: {dict(seen.told)}")
    count = seen.console.count(_REFUSED)
    expect(count == disks, f"it was refused {count} times, not {disks}: {_end(seen)}")


def _partition(drive: Drive) -> str:
    return str(find_esp(drive.file).guid)


def _end(seen: Boot) -> str:
    return " | ".join(line for line in seen.console.splitlines()[-6:] if line.strip())
