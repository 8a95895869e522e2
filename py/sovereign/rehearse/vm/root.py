"""The file system that every guest boots from: Debian with a kernel and OpenZFS built for it."""

import os
from dataclasses import dataclass
from pathlib import Path

from sovereign.rehearse.debian import HOST, Recipe
from sovereign.rehearse.vm.errors import UnusableRootError

VM = Recipe(
    "vm",
    HOST.suite,
    components=("main", "contrib"),
    packages=(
        *("busybox-static", "ca-certificates", "cifs-utils", "cryptsetup-bin", "dbus"),
        *("dosfstools", "e2fsprogs", "ethtool", "gdisk", "iperf3", "iproute2", "iputils-ping"),
        *("jq", "kmod", "mdadm", "nftables", "openssh-server", "parted", "procps", "python3"),
        *("samba", "smbclient", "systemd", "systemd-sysv", "udev", "util-linux", "wireguard-tools"),
        # The module is built for the kernel while it is installed: on two cores in eight minutes.
        *("linux-headers-amd64", "linux-image-amd64", "zfs-dkms", "zfs-zed", "zfsutils-linux"),
    ),
)
"""The root of every guest."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel of the root folder, and where its modules are."""

    release: str
    image: Path
    modules: Path


def kernel(root: Path) -> Kernel:
    """Find the newest kernel that OpenZFS was built for. Raises UnusableRootError."""
    built = sorted(root.glob("usr/lib/modules/*/updates/dkms/zfs.ko*"), key=os.fspath)
    if not built:
        raise UnusableRootError(f"{root} has no kernel with a zfs module")
    modules = built[-1].parents[2]
    image = root / "boot" / f"vmlinuz-{modules.name}"
    if not image.exists():
        raise UnusableRootError(f"{root} has modules for {modules.name} and no such kernel")
    return Kernel(modules.name, image, modules)
