"""What must be true of the machine: its disks, memory, threads and graphics cards."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.hardware import Disk, Gpu, Memory, Processor
from sovereign.expectations.origin import Origins
from sovereign.expectations.unit import Unit
from sovereign.inventory.load import Inventory


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what the machine must be made of."""
    hardware, origin = inventory.hosts[name].hardware, Origins.of("hardware", inventory, name)
    yield Memory(**origin.own("hardware", "memory"), at_least_bytes=int(hardware.memory))
    yield Processor(**origin.own("hardware", "cpu", "threads"), threads=hardware.cpu.threads)
    for key, disk in hardware.disks.items():
        yield Disk(
            **origin.own("hardware", "disks", key),
            path=disk.path,
            serial=disk.serial,
            size_bytes=int(disk.size),
        )
    for key, gpu in hardware.gpus.items():
        yield Gpu(**origin.own("hardware", "gpus", key, "model"), name=key, model=gpu.model)
    if hardware.gpus:
        yield Unit(**origin.own("hardware", "gpus"), name="nvidia-persistenced.service")
