"""RAPL: the energy counters of processor packages, as Linux shows them below /sys/class/powercap.

https://docs.kernel.org/power/powercap/powercap.html; David et al. 2010, "RAPL: memory power estimation
and capping", ISLPED. A package's counter counts what its cores and its graphics take, and whatever
else runs there; not the memory beside it. AMD's processors are shown under the same names.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scf.energy.reading import AbsentError, MeterError, Moving, Reading

ROOT = Path("/sys/class/powercap")
MOST_WATTS = 1000
"""More than any package takes: how soon a counter could have gone all the way round unseen."""

# sub-domains (intel-rapl:0:0) and the second door to the same counters (intel-rapl-mmio:0) are other
# names; psys, which counts the packages again, is a zone of this form with another label
_ZONE = re.compile(r"intel-rapl:[0-9]+")
_PACKAGE = re.compile(r"package-[0-9]+(-die-[0-9]+)?")


@dataclass(slots=True)
class _Package:
    label: str
    counter: Path
    span: int
    """The counter goes from 0 to this, in microjoules, and then begins again."""
    last: int

    def grown(self) -> int:
        """Microjoules since the last call. Raises MeterError."""
        now = _number(self.counter)
        grown = now - self.last if now >= self.last else now + self.span - self.last
        if not 0 <= now <= self.span:
            raise MeterError(f"{self.label}: the counter is beyond its range")
        self.last = now
        return grown


class RaplMeter:
    """All packages together. `clock` gives seconds.

    Raises AbsentError where there is no such counter, MeterError where one cannot be read (since 2020
    Linux shows them to root alone: CVE-2020-8694): what is measured in part is not measured.
    """

    def __init__(self, root: Path = ROOT, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._packages = _packages(root)
        # before the fastest thinkable machine could have taken a whole range
        self._longest = min(package.span for package in self._packages) / 1e6 / MOST_WATTS
        self._moving = Moving()
        self._microjoules = 0
        self._began = self._read = clock()

    def read(self) -> Reading:
        """The energy since it was made. Raises MeterError, and from then on always."""
        now = self._clock()
        if now - self._read > self._longest:
            raise MeterError(f"the packages were not read for {now - self._read:.0f} s")
        for package in self._packages:
            grown = package.grown()
            self._moving.saw(package.label, grown)
            self._microjoules += grown
        self._read = now
        self._moving.check([package.label for package in self._packages], now - self._began)
        return Reading(self._microjoules / 1e6, "rapl")


def _packages(root: Path) -> list[_Package]:
    try:
        zones = sorted(zone for zone in root.iterdir() if _ZONE.fullmatch(zone.name))
    except FileNotFoundError:
        zones = []
    except OSError as error:
        raise MeterError(f"{root}: {error.strerror}") from None
    found = [package for zone in zones if (package := _package(zone)) is not None]
    if not found:
        raise AbsentError(f"{root} shows no processor package")
    return found


def _package(zone: Path) -> _Package | None:
    try:
        label = (zone / "name").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise MeterError(f"{zone.name} has no name that can be read") from None
    if not _PACKAGE.fullmatch(label):
        return None
    span = _number(zone / "max_energy_range_uj")
    if span <= 0:
        raise MeterError(f"{label}: the counter has no range")
    counter = zone / "energy_uj"
    return _Package(label, counter, span, _number(counter))


def _number(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except OSError as error:
        raise MeterError(
            f"{path.parent.name}/{path.name}: {error.strerror}",
            hint="let the daemon's user read energy_uj, or accept estimates",
        ) from None
    except ValueError:
        raise MeterError(f"{path.parent.name}/{path.name} is no number") from None
