"""hardware: firmware, CPU microcode and the GPUs' driver."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.hardware.cpus import cpu_facts
from sovereign.hardware.gpus import Driver, driver_for, gpu_facts
from sovereign.inventory.hardware import Hardware
from sovereign.inventory.load import Inventory

_WITHOUT_OPEN_MODULES: Driver = "legacy_470"
"""NVIDIA's open kernel modules began with driver 515."""


@dataclass(frozen=True, slots=True)
class _View:
    microcode: str | None
    driver: str | None
    open_modules: bool
    licence_asked: bool


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `hardware.nix`."""
    hardware = inventory.hosts[name].hardware
    driver = driver_for(hardware.gpus.values())
    open_modules = driver != _WITHOUT_OPEN_MODULES and _take_open_modules(hardware)
    yield module(
        "hardware",
        name,
        _View(
            microcode=_vendor(hardware.cpu.model),
            driver=driver,
            open_modules=open_modules,
            licence_asked=driver == _WITHOUT_OPEN_MODULES,
        ),
    )


def _take_open_modules(hardware: Hardware) -> bool:
    facts = [gpu_facts(gpu.model) for gpu in hardware.gpus.values()]
    return all(known is not None and known.open_modules for known in facts)


def _vendor(model: str) -> str | None:
    """Who makes the CPU, as NixOS's options call it; None for makers without microcode there."""
    facts = cpu_facts(model)
    made_by = facts.vendor if facts else model.casefold()
    return next((vendor for vendor in ("intel", "amd") if vendor in made_by), None)
