"""CPUs: who makes them or their cores, and which memory encryption of guests they have."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from sovereign.inventory.base import Many, Model


class CpuFacts(Model):
    """What is published about a family."""

    name: str
    pattern: str
    vendor: Literal["intel", "amd", "arm"]
    sev: Literal["none", "sev", "sev-es", "sev-snp"]
    tdx: Literal["no", "some", "yes"]
    source: str


class _Table(Model):
    families: Many[CpuFacts]


@lru_cache(maxsize=256)
def cpu_facts(model: str) -> CpuFacts | None:
    """The facts about a model as /proc/cpuinfo names it; None where the table does not know it."""
    name = _plain(model)
    return next((family for family in _families() if re.search(family.pattern, name, re.I)), None)


@cache
def _families() -> tuple[CpuFacts, ...]:
    text = files(__package__).joinpath("cpus.toml").read_text(encoding="utf-8")
    return _Table.model_validate(tomllib.loads(text)).families


def _plain(model: str) -> str:
    """Take out marks, the clock rate and the count of cores."""
    bare = re.sub(r"\((?:R|TM|C)\)|\bCPU\b|@.*|\bProcessor\b|\b[0-9]+-Core\b", " ", model)
    return " ".join(bare.split())
