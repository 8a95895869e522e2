"""NVIDIA GPUs: compute capability, and the drivers and CUDA versions that support it."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from sovereign.inventory.base import Many, Model, spelled
from sovereign.inventory.hardware import Gpu

Driver: TypeAlias = Literal["legacy_470", "legacy_535", "legacy_580", "production"]

BRANCHES: tuple[Driver, ...] = ("legacy_470", "legacy_535", "legacy_580", "production")
"""nixpkgs' driver branches, from old to new."""


class _Architecture(Model):
    driver: Annotated[tuple[Driver, Driver], Field(strict=False)]
    cuda: Annotated[tuple[int, int], Field(strict=False)]
    open_modules: bool
    sources: Many[str]


class _Models(Model):
    capability: Annotated[str, *spelled(r"[0-9]{1,2}\.[0-9]", "6.1", 4)]
    architecture: str
    names: Many[str]
    source: str


class _CudaDrivers(Model):
    driver: Mapping[str, Driver]
    sources: Many[str]


class _Table(Model):
    architectures: Mapping[str, _Architecture]
    cuda: _CudaDrivers
    models: Many[_Models]


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """What is published about a model; the pairs are the oldest and the newest that support it."""

    name: str
    architecture: str
    compute_capability: str
    driver: tuple[Driver, Driver]
    cuda: tuple[int, int]
    open_modules: bool
    """Whether NVIDIA's open kernel modules drive it."""

    sources: tuple[str, ...]

    @property
    def capability(self) -> tuple[int, int]:
        """The compute capability, to be compared."""
        major, minor = self.compute_capability.split(".")
        return int(major), int(minor)

    def supports(self, driver: Driver) -> bool:
        """Whether a driver branch supports it."""
        oldest, newest = map(BRANCHES.index, self.driver)
        return oldest <= BRANCHES.index(driver) <= newest


@lru_cache(maxsize=256)
def gpu_facts(model: str) -> GpuFacts | None:
    """The facts about a model as nvidia-smi names it ("Tesla P4", "NVIDIA A100-SXM4-80GB").

    None where the table does not know it.
    """
    words = _words(model)
    known = _by_words()
    return next((known[words[:n]] for n in range(len(words), 0, -1) if words[:n] in known), None)


def oldest_driver(cuda: int) -> Driver:
    """The oldest driver branch that runs a major version of CUDA."""
    return _table().cuda.driver[str(cuda)]


def driver_for(gpus: Iterable[Gpu]) -> Driver | None:
    """The branch for all GPUs of a host: what one of them states, or the newest that all support.

    None without a GPU, and where no branch suits all.
    """
    described = list(gpus)
    stated = next((gpu.driver for gpu in described if gpu.driver), None)
    if stated or not described:
        return stated
    facts = [known for gpu in described if (known := gpu_facts(gpu.model))]
    suiting = [branch for branch in BRANCHES if all(known.supports(branch) for known in facts)]
    return suiting[-1] if suiting else None


def cuda_for(gpu: Gpu, driver: Driver) -> int | None:
    """The major version of CUDA for a GPU: as stated, or the newest that GPU and driver support.

    None for a model that the table does not know.
    """
    if gpu.cuda:
        return int(gpu.cuda)
    facts = gpu_facts(gpu.model)
    if facts is None:
        return None
    oldest, newest = facts.cuda
    branch = BRANCHES.index(driver)
    running = (c for c in range(newest, oldest, -1) if BRANCHES.index(oldest_driver(c)) <= branch)
    return next(running, oldest)


@cache
def _table() -> _Table:
    text = files(__package__).joinpath("gpus.toml").read_text(encoding="utf-8")
    return _Table.model_validate(tomllib.loads(text))


@cache
def _by_words() -> Mapping[tuple[str, ...], GpuFacts]:
    table = _table()
    found = {}
    for row in table.models:
        about = table.architectures[row.architecture]
        for name in row.names:
            found[_words(name)] = GpuFacts(
                name,
                row.architecture,
                row.capability,
                about.driver,
                about.cuda,
                about.open_modules,
                (row.source, *about.sources),
            )
    return found


def _words(model: str) -> tuple[str, ...]:
    words = tuple(re.findall("[a-z0-9]+", model.casefold()))
    return words[1:] if words[:1] == ("nvidia",) else words
