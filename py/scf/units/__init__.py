"""The texts that let systemd or launchd run the daemon, and the weekly release beside it."""

from scf.units.install import Install, InstallError
from scf.units.launchd import launchd_plist, launchd_release_plist
from scf.units.systemd import systemd_release, systemd_timer, systemd_unit

__all__ = [
    "Install",
    "InstallError",
    "launchd_plist",
    "launchd_release_plist",
    "systemd_release",
    "systemd_timer",
    "systemd_unit",
]
