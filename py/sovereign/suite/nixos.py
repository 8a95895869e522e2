"""What testinfra does not know of NixOS: the system that runs, its closure, its packages and its units."""

import re
from dataclasses import dataclass
from functools import cached_property

from sovereign.suite.vantage import Vantage

CURRENT = "/run/current-system"
_STORE_PATH = re.compile(r"(?P<path>/.*?/[0-9a-z]{32}-(?P<name>[^/]+))(/.*)?")


@dataclass(frozen=True)
class System:
    """The system that runs on a host made by NixOS; of another host, nothing of it is there."""

    host: Vantage

    @cached_property
    def release(self) -> str | None:
        """Its version: `26.05.20260801.b18a4b9`; none where it is not NixOS."""
        done = self.host.run("cat", f"{CURRENT}/nixos-version")
        return done.out.strip() if done.code == 0 else None

    @cached_property
    def closure(self) -> frozenset[str]:
        """The store paths that it consists of; none where it is not NixOS."""
        if self.release is None:
            return frozenset()
        top = self.host.output("readlink", "-f", CURRENT).strip()
        return frozenset(self.host.output("nix-store", "--query", "--requisites", top).split())

    def package(self, name: str) -> str | None:
        """The store path of a package by its name, with or without its version."""
        versioned = re.compile(rf"{re.escape(name)}(-\d.*)?")
        found = ((path, _STORE_PATH.fullmatch(path)) for path in sorted(self.closure))
        return next((p for p, match in found if match and versioned.fullmatch(match["name"])), None)

    def unit_file(self, unit: str) -> str | None:
        """The store path of the file of a unit, or none where the system defines no such unit."""
        done = self.host.run("readlink", "-e", f"{CURRENT}/etc/systemd/system/{unit}")
        path = done.out.strip()
        return path if done.code == 0 and path != "/dev/null" else None

    def strange_program(self, pid: str) -> str | None:
        """The store path that a process runs, where it is none of the system's: it is an older one's."""
        if not self.closure:
            return None
        program = _STORE_PATH.fullmatch(self.host.run("readlink", f"/proc/{pid}/exe").out.strip())
        path = program["path"] if program else None
        return path if path not in self.closure else None
