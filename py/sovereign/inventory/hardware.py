"""What a host is made of."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from sovereign.inventory.base import LinkName, MacAddress, Model, Name, Text, spelled
from sovereign.units import Rate, Size


class Cpu(Model):
    """The processors: `sockets` of one model, counted over all sockets."""

    model: Text
    sockets: Annotated[int, Field(ge=1, le=16)] = 1
    cores: Annotated[int, Field(ge=1, le=2048)]
    """Cores over all sockets."""

    threads: Annotated[int, Field(ge=1, le=4096)]
    """Hardware threads over all sockets."""


class Gpu(Model):
    """A graphics processor and the engine that shall use it."""

    model: Text
    """NVIDIA's name, like "Tesla P4"."""

    memory: Size
    count: Annotated[int, Field(ge=1, le=16)] = 1
    driver: Literal["production", "legacy_580", "legacy_535", "legacy_470"] | None = None
    """nixpkgs' driver branch; absent: the newest that supports the model."""

    cuda: Literal["11", "12", "13"] | None = None
    """Major version of CUDA; absent: the newest that supports the model."""

    inference: Literal["llama-cpp", "vllm"] | None = None
    """The engine that is planned on it."""


class Nic(Model):
    """A network port, found by its address and named after its key."""

    mac: MacAddress
    rate: Rate


class Disk(Model):
    """A drive, found by its path under /dev/disk/by-id."""

    path: Annotated[
        str,
        *spelled(
            r"/dev/[A-Za-z0-9_+@:.-]+(?:/[A-Za-z0-9_+@:.-]+)*", "/dev/disk/by-id/ata-HDD_1", 255
        ),
    ]
    serial: Annotated[str, *spelled("[A-Za-z0-9_.-]+", "WD-WX12D30A1", 64)]
    size: Size
    """Exact size in bytes, as `blockdev --getsize64` prints it, with the unit B."""

    kind: Literal["nvme", "ssd", "hdd"]


class Hardware(Model):
    """CPU, memory, GPUs, network ports, disks and TPM."""

    cpu: Cpu
    memory: Size
    tpm: Literal["none", "1.2", "2.0"] = "none"
    gpus: Mapping[Name, Gpu] = {}
    nics: Mapping[LinkName, Nic]
    disks: Mapping[Name, Disk]
