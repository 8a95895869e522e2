"""Start-up: the EFI system partitions hold the generations, and the kernel goes with ZFS."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.inventory.devices import device
from sovereign.inventory.host import Host
from sovereign.review.members import partition_place, partitions
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_LANZABOOTE = (
    "https://github.com/nix-community/lanzaboote/blob/v1.1.0/rust/tool/systemd/src/install.rs"
)
_BOOT_LOADER = "https://uapi-group.org/specifications/specs/boot_loader_specification/"
ESP_OVERHEAD = Size.parse("4MiB")
"""FAT's tables, systemd-boot twice, and the stubs of the generations."""

MEASURED_LIMIT = 8
"""systemd-pcrlock predicts 8 variants of a measurement at most."""

_FEWEST, _COMFORTABLE = 2, 3
_SMALLEST_ESP = Size.parse("512MiB")

KERNELS = {
    "zfs_2_3": ("7.0", "https://github.com/openzfs/zfs/releases/tag/zfs-2.3.8"),
    "zfs": ("7.0", "https://github.com/openzfs/zfs/releases/tag/zfs-2.4.3"),
    "zfs_2_4": ("7.0", "https://github.com/openzfs/zfs/releases/tag/zfs-2.4.3"),
    "zfs_unstable": ("7.0", "https://github.com/openzfs/zfs/releases/tag/zfs-2.4.3"),
}
"""nixpkgs' ZFS packages in NixOS 26.05: the newest kernel series of each, and who says so."""


def generations(esp: int, image: int) -> int:
    """How many generations an ESP keeps when each has its own kernel and initrd.

    Lanzaboote writes the new generation before it removes an old one: there is one more for a while.
    """
    return max(0, (esp - ESP_OVERHEAD) // max(1, image) - 1)


def configuration_limit(host: Host) -> int:
    """How many generations the smallest ESP of a host keeps; 8 at most with measured boot."""
    sizes = [device(host, esp.partition).size for esp in host.boot.esps]
    kept = max(1, generations(min(sizes, default=Size(0)), host.boot.image_size))
    return min(kept, MEASURED_LIMIT) if host.boot.measured else kept


@host_rule(
    "BOOT001",
    Severity.ERROR,
    "The ESP cannot hold two generations",
    why="A new generation is written before an old one is removed, so that keeping N takes room for"
    " N + 1 kernels and initrds. With less than two kept there is nothing to go back to, and an update"
    " ends with a full ESP halfway through.",
    source=_LANZABOOTE,
)
def esp_holds_two(subject: Subject) -> Iterator[Hit]:
    """Room for three images: two kept and one being written."""
    yield from _short_esps(subject, 0, _FEWEST)


@host_rule(
    "BOOT002",
    Severity.WARNING,
    "The ESP holds two generations without slack",
    why="Keeping N generations takes room for N + 1 kernels and initrds. Images grow with every driver"
    " and firmware; where they outgrow the ESP, both the update and the way back fail.",
    source=_LANZABOOTE,
)
def esp_holds_three(subject: Subject) -> Iterator[Hit]:
    """Room for four images."""
    yield from _short_esps(subject, _FEWEST, _COMFORTABLE)


@host_rule(
    "BOOT003",
    Severity.WARNING,
    "The ESP is smaller than 512 MiB",
    why="Firmware updates are placed on the ESP too, and an ESP is hard to enlarge afterwards.",
    source=_BOOT_LOADER,
)
def esp_large_enough(subject: Subject) -> Iterator[Hit]:
    """512 MiB, even where the images are small."""
    host = subject.host
    for index, esp in enumerate(host.boot.esps):
        size = device(host, esp.partition).size
        enough = generations(size, host.boot.image_size) >= _COMFORTABLE
        if enough and size < _SMALLEST_ESP:
            yield Hit(
                partition_place(host, esp.partition) or ("boot", "esps", index),
                f"{esp.partition} has {size.human_binary()}",
                fix='size = "1GiB"',
            )


@host_rule(
    "BOOT004",
    Severity.ERROR,
    "No ESP is mounted at /boot",
    why="The loader is installed on the first ESP at boot.loader.efi.efiSysMountPoint, which is /boot.",
    source="https://github.com/NixOS/nixpkgs/blob/nixos-26.05/nixos/modules/system/boot/loader/efi.nix",
)
def esp_at_boot(subject: Subject) -> Iterator[Hit]:
    """The first ESP is at /boot."""
    first = subject.host.boot.esps[0]
    if first.mount != "/boot":
        yield Hit(
            ("boot", "esps", 0, "mount"),
            f"the first ESP is mounted at {first.mount}",
            fix='mount = "/boot"',
        )


@host_rule(
    "BOOT005",
    Severity.ERROR,
    "Two ESPs lie on one disk",
    why="A second ESP is there for the day on which the first disk fails; on the same disk it fails"
    " with it.",
    source=_LANZABOOTE,
)
def esps_on_different_disks(subject: Subject) -> Iterator[Hit]:
    """One ESP on a disk."""
    seen: dict[str, str] = {}
    for index, esp in enumerate(subject.host.boot.esps):
        disk = esp.partition.partition(".")[0]
        first = seen.setdefault(disk, esp.partition)
        if first != esp.partition:
            yield Hit(
                ("boot", "esps", index, "partition"),
                f"{esp.partition} and {first} lie on one disk, {disk}",
                fix="an ESP of another disk, or only one",
            )


@host_rule(
    "BOOT006",
    Severity.WARNING,
    "A disk has an ESP that nothing is installed on",
    why="The system's disks are mirrored so that one may fail. Without a loader on each of them, the"
    " host runs on after the failure and does not start again.",
    source=_LANZABOOTE,
)
def every_esp_installed(subject: Subject) -> Iterator[Hit]:
    """Every partition of type esp is one of boot.esps."""
    used = {esp.partition for esp in subject.host.boot.esps}
    unused = [name for _, name, part in partitions(subject.host) if part.type == "esp"]
    left = [name for name in unused if name not in used]
    if used and left:
        yield Hit(
            ("boot", "esps"),
            f"no loader is installed on {', '.join(left)}",
            fix=f'add {{ partition = "{left[0]}", mount = "/boot-b" }}',
        )


@host_rule(
    "BOOT010",
    Severity.ERROR,
    "ZFS does not support the kernel",
    why="ZFS is built against the kernel outside its tree. Each release supports kernels up to one"
    " series; for a newer one nixpkgs marks the module as broken, and the host does not evaluate.",
    source="https://github.com/openzfs/zfs/releases",
)
def kernel_goes_with_zfs(subject: Subject) -> Iterator[Hit]:
    """The kernel's series is at most the newest that the ZFS package supports."""
    boot = subject.host.boot
    newest, source = KERNELS[boot.zfs]
    if subject.host.storage.pools and _series(boot.kernel) > _series(newest):
        yield Hit(
            ("boot", "kernel"),
            f"Linux {boot.kernel} is newer than {boot.zfs} supports: up to {newest}",
            detail=source,
            fix='kernel = "6.18"',
        )


def _short_esps(subject: Subject, least: int, wanted: int) -> Iterator[Hit]:
    """The ESPs that keep at least `least` generations, and less than `wanted`."""
    host, told = subject.host, set()
    image = host.boot.image_size
    for index, esp in enumerate(host.boot.esps):
        size = device(host, esp.partition).size
        kept = generations(size, image)
        place = partition_place(host, esp.partition) or ("boot", "esps", index)
        if least <= kept < wanted and place not in told:
            told.add(place)
            need = ESP_OVERHEAD + (_COMFORTABLE + 1) * image
            yield Hit(
                place,
                f"{size.human_binary()} keep {kept} generation{'s' if kept != 1 else ''}"
                f" of {image.human_binary()}",
                detail=f"({kept} + 1) x {image.human_binary()} + {ESP_OVERHEAD.human_binary()}"
                f" = {Size((kept + 1) * image + ESP_OVERHEAD).human_binary()};"
                f" {_COMFORTABLE} generations take {Size(need).human_binary()}",
                fix=f'size = "{max(1, -(-need // 2**30))}GiB"',
            )


def _series(kernel: str) -> tuple[int, ...]:
    return tuple(int(part) for part in kernel.split("."))
