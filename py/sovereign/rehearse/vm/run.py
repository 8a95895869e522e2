"""The whole vm tier: its roots, then one stage after the other."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from sovereign.errors import SovereignError, UsageError
from sovereign.inventory.devices import device
from sovereign.inventory.load import load
from sovereign.rehearse import debian
from sovereign.rehearse.debian import Recipe
from sovereign.rehearse.vm import firmware
from sovereign.rehearse.vm.disks import drives
from sovereign.rehearse.vm.faults import run_faults
from sovereign.rehearse.vm.kernel import run_kernel
from sovereign.rehearse.vm.proof import Proof, StageResult, Tell
from sovereign.rehearse.vm.qemu import Drive
from sovereign.rehearse.vm.root import VM
from sovereign.rehearse.vm.secure_boot import run_secure_boot
from sovereign.rehearse.vm.storage import run_storage

FIRMWARE = Recipe("firmware", VM.suite, packages=firmware.PACKAGES)
"""The root with what Secure Boot is tried by."""

TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "ssh": "openssh-client"}
"""What this tier runs on this machine beside the fast tier's, and Debian's package that holds it."""

_RESULT = TypeAdapter(StageResult)


@dataclass(frozen=True, slots=True)
class Tier:
    """What every stage is given; roots of Debian are made when they are first asked for."""

    project: Path
    host: str
    folder: Path
    cache: Path
    tell: Tell

    @property
    def root(self) -> Path:
        """The root that guests boot from."""
        return debian.root(self.cache, VM, self.tell)

    @property
    def boot_drives(self) -> tuple[Drive, ...]:
        """The disks with an ESP as the storage stage left them; none if it did not run."""
        host = load(self.project).hosts[self.host]
        names = {device(host, esp.partition).disk_name for esp in host.boot.esps}
        known = drives(host, self.folder / "storage" / "disks")
        return tuple(drive for drive in known if drive.name in names and drive.file.exists())


def _storage(tier: Tier) -> tuple[StageResult, ...]:
    return (run_storage(tier.project, tier.host, tier.folder, tier.tell, vm_root=tier.root),)


def _secure_boot(tier: Tier) -> tuple[StageResult, ...]:
    result = run_secure_boot(
        tier.project,
        tier.host,
        tier.folder,
        tier.tell,
        tools_root=debian.root(tier.cache, FIRMWARE, tier.tell),
        vm_root=tier.root,
        drives=tier.boot_drives,
    )
    return (result,)


def _faults(tier: Tier) -> tuple[StageResult, ...]:
    return (run_faults(tier.project, tier.host, tier.folder, tier.tell, vm_root=tier.root),)


def _kernel(tier: Tier) -> tuple[StageResult, ...]:
    return run_kernel(tier.project, tier.host, tier.folder, tier.tell, vm_root=tier.root)


STAGES: Mapping[str, Callable[[Tier], tuple[StageResult, ...]]] = {
    "storage": _storage,
    "secure-boot": _secure_boot,
    "faults": _faults,
    "kernel": _kernel,
}
"""All stages, in their order; each gives one result or several."""


def run_vm(tier: Tier, only: Sequence[str] = ()) -> Iterator[StageResult]:
    """Run these stages, or all; yield each result when it is there, and keep it as NAME.json.

    A stage that an error ends has failed, and does not keep the next from running. Raises
    UsageError, and RootError where the guests' root cannot be made.
    """
    if unknown := sorted(set(only) - set(STAGES)):
        raise UsageError(
            f"the vm tier has no stage {', '.join(unknown)}", hint=f"known: {', '.join(STAGES)}"
        )
    begun = time.monotonic()
    made = tier.root
    yield StageResult("root", (Proof(made.parent.name, "passed"),), time.monotonic() - begun)
    for name, stage in STAGES.items():
        if only and name not in only:
            continue
        for result in _results(name, stage, tier):
            (tier.folder / f"{result.name}.json").write_bytes(_RESULT.dump_json(result, indent=1))
            yield result


def _results(
    name: str, stage: Callable[[Tier], tuple[StageResult, ...]], tier: Tier
) -> tuple[StageResult, ...]:
    begun = time.monotonic()
    try:
        return stage(tier)
    except SovereignError as error:
        broken = Proof(f"the stage {name} runs", "failed", error.message)
        return (StageResult(name, (broken,), time.monotonic() - begun),)
