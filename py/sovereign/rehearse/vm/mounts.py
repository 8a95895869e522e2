"""What a booted host mounts, from its evaluated options: the commands that stand in for its units.

systemd makes mount units of `fileSystems` (nixos/modules/tasks/filesystems.nix), imports pools
(nixos/modules/tasks/filesystems/zfs.nix) and prepares swap (nixos/modules/config/swap.nix);
preservation binds what outlives a boot. The modules are nixpkgs' as of nixos-26.05.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from sovereign.rehearse.values import Given, parse

VALUES = Path(__file__).parent
"""The folder whose storage.nix asks the evaluated host for what is read here."""

STAND_IN = "fileSystems, swapDevices and preservation, by the rehearsal's own commands"

_SYSTEMD = ("nofail", "auto", "noauto", "defaults", "bind")


class FileSystem(Given):
    """An entry of `fileSystems`."""

    path: str
    device: str
    fs_type: str
    options: tuple[str, ...]


class SwapDevice(Given):
    """An element of `swapDevices`."""

    device: str
    priority: int | None
    random_encryption: bool


class Preserved(Given):
    """A directory or file of `preservation`; it is bound from below `at`."""

    at: str
    path: str
    how: str
    mode: str
    is_file: bool


class StorageGiven(Given):
    """All that a boot needs of the storage."""

    file_systems: tuple[FileSystem, ...]
    swap_devices: tuple[SwapDevice, ...]
    preserved: tuple[Preserved, ...]
    pools: tuple[str, ...]
    dev_nodes: str


def start_script(given: Mapping[str, object]) -> str:
    """Return what a boot does with the disks, in its order. Raises ValuesError."""
    return "\n".join(_commands(parse(StorageGiven, given))) + "\n"


def _commands(given: StorageGiven) -> Iterator[str]:
    # udev meets every disk, and puts the arrays together.
    yield "udevadm trigger --action=add --subsystem-match=block"
    yield "udevadm settle"
    for pool in given.pools:
        yield shlex.join(("zpool", "import", "-d", given.dev_nodes, "-N", pool))
    for each in sorted(given.file_systems, key=lambda each: PurePosixPath(each.path).parts):
        if each.path != "/":
            yield _mount(each)
    for kept in given.preserved:
        if kept.how == "bindmount":
            yield from _bind(kept)
    for number, swap in enumerate(given.swap_devices):
        yield from _swap(swap, f"rehearsal-swap-{number}")


def _mount(each: FileSystem) -> str:
    told = [option for option in each.options if option not in _SYSTEMD]
    options = ("-o", ",".join(("X-mount.mkdir", *told)))
    return shlex.join(("mount", "-t", each.fs_type, *options, each.device, each.path))


def _bind(kept: Preserved) -> Iterator[str]:
    source = f"{kept.at}{kept.path}"
    folders = shlex.join(str(PurePosixPath(path).parent) for path in (source, kept.path))
    yield f"mkdir -p {folders}"
    for path in (source, kept.path):
        if kept.is_file:
            yield shlex.join(("touch", path))
        else:
            yield shlex.join(("install", "-d", "-m", kept.mode, path))
    yield shlex.join(("mount", "--bind", source, kept.path))


def _swap(swap: SwapDevice, name: str) -> Iterator[str]:
    device = swap.device
    if swap.random_encryption:
        key = ("--key-file", "/dev/urandom", "--cipher", "aes-xts-plain64", "--key-size", "512")
        yield shlex.join(("cryptsetup", "open", "--type", "plain", *key, device, name))
        device = f"/dev/mapper/{name}"
        yield shlex.join(("mkswap", "--quiet", device))
    priority = () if swap.priority is None else ("--priority", str(swap.priority))
    yield shlex.join(("swapon", *priority, device))
