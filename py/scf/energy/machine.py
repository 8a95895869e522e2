"""The meter of this machine: a measurement when all that the work runs on is measured, else an estimate."""

from pathlib import Path

from scf.energy.estimate import WATTS_PER_CORE, EstimateMeter
from scf.energy.nvml import LIBRARY, NvmlMeter
from scf.energy.rapl import ROOT, RaplMeter
from scf.energy.reading import AbsentError, Meter, MeterError, Reading, Source


class MachineMeter:
    """Packages, and GPUs where there are any.

    `rapl`: there is no GPU, and every package was measured all the time. `nvml`: so were all GPUs too,
    and the figure is the sum. Anything less is an `estimate`, from then on: energy that nobody saw
    would look like energy saved.
    """

    def __init__(self, packages: Meter, gpus: Meter | None, estimate: Meter) -> None:
        self._packages = packages
        self._gpus = gpus
        self._estimate = estimate
        self.reason = ""
        """Why it came to an estimate."""

    def read(self) -> Reading:
        """The energy since it was made; an estimate where measuring failed, then or before."""
        if self.reason:
            return self._estimate.read()
        source: Source = "rapl"
        try:
            joules = self._packages.read().joules
            if self._gpus is not None:
                joules += self._gpus.read().joules
                source = "nvml"
        except MeterError as error:
            self.reason = error.message
            return self._estimate.read()
        return Reading(joules, source)


def meter(
    root: Path = ROOT, *, library: str = LIBRARY, watts_per_core: float = WATTS_PER_CORE
) -> Meter:
    """The best meter that this machine has, started now."""
    estimate = EstimateMeter(watts_per_core)
    try:
        packages = RaplMeter(root)
        gpus = _gpus(library)
    except MeterError:
        return estimate
    return MachineMeter(packages, gpus, estimate)


def _gpus(library: str) -> Meter | None:
    try:
        return NvmlMeter(library)
    except AbsentError:
        return None
