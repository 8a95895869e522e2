"""What work costs in joules: measured by the machine's own counters, or else an estimate that says so."""

from scf.energy.estimate import EstimateMeter
from scf.energy.machine import MachineMeter, meter
from scf.energy.nvml import NvmlMeter
from scf.energy.rapl import RaplMeter
from scf.energy.reading import AbsentError, Meter, MeterError, Reading

__all__ = [
    "AbsentError",
    "EstimateMeter",
    "MachineMeter",
    "Meter",
    "MeterError",
    "NvmlMeter",
    "RaplMeter",
    "Reading",
    "meter",
]
