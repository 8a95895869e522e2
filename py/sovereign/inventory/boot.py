"""How a host starts: loader, kernel, hardening, the root in memory and what outlives a boot."""

from typing import Annotated, Literal

from sovereign.inventory.base import AbsolutePath, AtLeastOne, FileMode, Many, Model, spelled
from sovereign.inventory.storage import Member
from sovereign.units import Duration, Size

KernelParameter = Annotated[
    str, *spelled("[A-Za-z0-9_.-]+(?:=[A-Za-z0-9_.,:/@+-]+)?", "nohibernate", 200)
]


class Esp(Model):
    """An EFI system partition; the first of a host is the one that the loader is installed on first."""

    partition: Member
    mount: AbsolutePath


class TmpfsRoot(Model):
    """The root file system in memory, empty at every boot."""

    size: Size
    mode: FileMode = "0755"
    """0755: the kernel's default of 1777 makes sshd and sudo refuse to work."""


class Persist(Model):
    """What outlives a boot although the root does not."""

    at: AbsolutePath
    directories: Many[AbsolutePath] = ()
    files: Many[AbsolutePath] = ()


class Boot(Model):
    """Loader, kernel and root."""

    loader: Literal["lanzaboote", "systemd-boot"] = "lanzaboote"
    pki_bundle: AbsolutePath = "/var/lib/sbctl"
    """Where Secure Boot's keys lie."""

    esps: AtLeastOne[Esp]
    kernel: Annotated[str, *spelled(r"[0-9]{1,2}\.[0-9]{1,3}", "6.18", 6)]
    """Kernel series, like "6.18"; ZFS supports only some."""

    zfs: Literal["zfs", "zfs_2_3", "zfs_2_4", "zfs_unstable"] = "zfs"
    """nixpkgs' ZFS package."""

    image_size: Size = Size.parse("165MiB")
    """Kernel and initrd of one generation; with the ESP's size it gives how many are kept."""

    timeout: Duration = Duration.parse("5s")
    hardening: Literal["server", "none"] = "server"
    parameters: Many[KernelParameter] = ()
    measured: bool = False
    """Measured boot; needs a TPM 2.0."""

    confidential: Literal["none", "sev-snp", "tdx"] = "none"
    """Memory encryption of guests against the host."""

    initrd_modules: Many[Annotated[str, *spelled("[a-z0-9_-]+", "nvme", 64)]] = ()
    """Kernel modules that find the disks in the initrd."""

    root: TmpfsRoot
    persist: Persist
