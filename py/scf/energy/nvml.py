"""NVML: the energy counters of NVIDIA's GPUs, from Volta on, through the driver's own library.

https://docs.nvidia.com/deploy/nvml-api/, nvmlDeviceGetTotalEnergyConsumption: millijoules since the
driver was loaded.
"""

import ctypes
import time
from collections.abc import Callable

from scf.energy.reading import AbsentError, MeterError, Moving, Reading

LIBRARY = "libnvidia-ml.so.1"

_DRIVER_NOT_LOADED = 9


class NvmlMeter:
    """All GPUs that the driver shows, together. `clock` gives seconds.

    Raises AbsentError where there is no driver or no GPU, MeterError where one has no such counter.
    """

    def __init__(
        self, library: str = LIBRARY, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        try:
            self._nvml = ctypes.CDLL(library)
        except OSError:
            raise AbsentError("there is no NVIDIA driver") from None
        self._clock = clock
        self._call("nvmlInit_v2", absent=_DRIVER_NOT_LOADED)
        count = ctypes.c_uint()
        self._call("nvmlDeviceGetCount_v2", ctypes.byref(count))
        if not count.value:
            raise AbsentError("the driver shows no GPU")
        self._devices = [self._device(index) for index in range(count.value)]
        self._last = [self._millijoules(device) for device in self._devices]
        self._total = 0
        self._moving = Moving()
        self._began = clock()

    def read(self) -> Reading:
        """The energy since it was made. Raises MeterError."""
        for index, device in enumerate(self._devices):
            now = self._millijoules(device)
            if now < self._last[index]:
                raise MeterError(f"GPU {index}: the driver began to count anew")
            self._moving.saw(_name(index), now - self._last[index])
            self._total += now - self._last[index]
            self._last[index] = now
        names = [_name(index) for index in range(len(self._devices))]
        self._moving.check(names, self._clock() - self._began)
        return Reading(self._total / 1e3, "nvml")

    def _device(self, index: int) -> ctypes.c_void_p:
        device = ctypes.c_void_p()
        self._call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(device))
        return device

    def _millijoules(self, device: ctypes.c_void_p) -> int:
        total = ctypes.c_ulonglong()
        self._call("nvmlDeviceGetTotalEnergyConsumption", device, ctypes.byref(total))
        return total.value

    def _call(self, name: str, *arguments: object, absent: int | None = None) -> None:
        try:
            function = getattr(self._nvml, name)
        except AttributeError:
            raise MeterError(f"the NVIDIA driver has no {name}") from None
        code = function(*arguments)
        if code == absent:
            raise AbsentError("the NVIDIA driver is not loaded")
        if code != 0:
            raise MeterError(f"{name} answered {code}")


def _name(index: int) -> str:
    return f"GPU {index}"
