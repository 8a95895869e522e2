"""File systems where they belong, and swap."""

import re

from pydantic import BaseModel

from sovereign.expectations.mount import Mount, Swap
from sovereign.suite.vantage import Vantage, parsed, require

_SIZE = re.compile(r"size=(\d+)([kmg]?)", re.IGNORECASE)
_FACTOR = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


class _Mounted(BaseModel):
    source: str | None
    fstype: str
    options: str


class _Answer(BaseModel):
    filesystems: tuple[_Mounted, ...]


def test_mount(expectation: Mount, inside: Vantage) -> None:
    """The file system is mounted there, from its source, with its options among others."""
    path = expectation.path
    columns = "SOURCE,FSTYPE,OPTIONS"
    done = inside.run("findmnt", "--json", "--mountpoint", path, "--output", columns)
    require(done.code == 0, f"nothing is mounted at {path}")
    mounts = parsed(_Answer, done.out, "findmnt").filesystems
    require(bool(mounts), f"nothing is mounted at {path}")
    top = mounts[-1]
    require(
        top.fstype == expectation.filesystem,
        f"{path} must be {expectation.filesystem}, and is {top.fstype}",
    )
    source = expectation.source
    same = source is None or _device(inside, source) == _device(inside, top.source or "")
    require(same, f"{path} must be {source}, and is {top.source}")
    options = {_plain(option) for option in top.options.split(",")}
    missing = [option for option in expectation.options if _plain(option) not in options]
    require(not missing, f"{path} must be mounted with {','.join(missing)}, and has {top.options}")


def test_swap(expectation: Swap, inside: Vantage) -> None:
    """As many devices as there must be are in use, alike."""
    lines = [line.split() for line in inside.output("cat", "/proc/swaps").splitlines()[1:]]
    require(
        len(lines) == expectation.devices,
        f"{expectation.devices} swap devices must be in use, and {len(lines)} are",
    )
    for device, *_, priority in lines:
        require(
            priority == str(expectation.priority),
            f"the priority of swap on {device} must be {expectation.priority}, and is {priority}",
        )
        encrypted = _is_encrypted(inside, device)
        require(
            encrypted == expectation.encrypted,
            f"swap on {device} is {'' if encrypted else 'not '}encrypted",
        )


def _device(inside: Vantage, source: str) -> str:
    """The device that a name stands for, or the name of a dataset."""
    device, bracket, folder = source.partition("[")
    done = inside.run("readlink", "-f", device) if device.startswith("/dev/") else None
    return f"{done.out.strip()}{bracket}{folder}" if done and done.code == 0 else source


def _plain(option: str) -> str:
    """An option, its size in bytes."""
    size = _SIZE.fullmatch(option)
    return f"size={int(size[1]) * _FACTOR[size[2].lower()]}" if size else option


def _is_encrypted(inside: Vantage, device: str) -> bool:
    name = _device(inside, device).removeprefix("/dev/")
    return inside.run("cat", f"/sys/class/block/{name}/dm/uuid").out.startswith("CRYPT-")
