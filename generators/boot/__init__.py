"""boot: the loader with Secure Boot, the kernel and its ZFS, the initrd, hardening."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.boot import Boot
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.nix.value import Call, Interpolated, Reference, call, interpolated
from sovereign.review.boot import configuration_limit
from sovereign.text.sh import words

_CONFIDENTIAL = {
    "none": (),
    # The IOMMU checks who owns a page, so that it has to translate every access.
    "sev-snp": ("iommu=nopt", "kvm_amd.sev_snp=1"),
    "tdx": ("kvm_intel.tdx=1",),
}
"""Kernel parameters (Linux, arch/x86/kvm and Documentation/arch/x86/{amd-memory-encryption,tdx})."""


@dataclass(frozen=True, slots=True)
class _View:
    secure: bool
    pki_bundle: str
    measured: bool
    limit: int
    timeout: int
    esp: str
    mirrors: tuple[str, ...]
    mirror_commands: Interpolated
    kernel: Reference
    zfs: Reference | None
    parameters: tuple[str, ...]
    initrd_modules: tuple[str, ...]
    hardened: bool


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `boot.nix`."""
    yield module("boot", name, _view(inventory.hosts[name]))


def _view(host: Host) -> _View:
    boot = host.boot
    esp, *mirrors = (esp.mount for esp in boot.esps)
    return _View(
        secure=boot.loader == "lanzaboote",
        pki_bundle=boot.pki_bundle,
        measured=boot.measured,
        limit=configuration_limit(host),
        timeout=int(boot.timeout),
        esp=esp,
        mirrors=tuple(mirrors),
        mirror_commands=_mirror_commands(esp, mirrors),
        kernel=Reference(f"pkgs.linuxPackages_{boot.kernel.replace('.', '_')}"),
        zfs=Reference(f"pkgs.{boot.zfs}") if host.storage.pools else None,
        parameters=_parameters(boot),
        initrd_modules=boot.initrd_modules,
        hardened=boot.hardening == "server",
    )


def _parameters(boot: Boot) -> tuple[str, ...]:
    return (*_CONFIDENTIAL[boot.confidential], *boot.parameters)


def _mirror_commands(esp: str, mirrors: list[str]) -> Interpolated:
    """Commands that copy the ESP to the others. FAT keeps times to two seconds."""
    mountpoint = call("lib.getExe'", Reference("pkgs.util-linux"), "mountpoint")
    rsync = call("lib.getExe", Reference("pkgs.rsync"))
    parts: list[str | Reference | Call] = []
    for mirror in mirrors:
        folders = words((f"{esp}/", f"{mirror}/"))
        parts += ["if ", mountpoint, f" --quiet {words(mirror)}; then\n  ", rsync]
        parts += [f" --recursive --times --modify-window=2 --delete {folders}\nfi\n"]
    return interpolated(*parts)
