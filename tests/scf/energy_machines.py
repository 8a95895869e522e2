"""Machines with counters of energy: a powercap tree, and an NVIDIA driver made with the C compiler."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from sovereign.run import run

SPAN = 262_143_328_850
"""max_energy_range_uj of many a package: 2^32 times 2^-14 J."""


@dataclass
class Clock:
    """Seconds, as a test has them go by."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Zone:
    """A zone of powercap; its counter is a file."""

    folder: Path

    @property
    def microjoules(self) -> int:
        return int((self.folder / "energy_uj").read_text())

    @microjoules.setter
    def microjoules(self, value: int) -> None:
        (self.folder / "energy_uj").write_text(f"{value}\n")


@dataclass
class Powercap:
    """A tree as below /sys/class/powercap, where every zone is a name at the top."""

    root: Path

    def zone(self, name: str, label: str, microjoules: int) -> Zone:
        zone = Zone(self.root / name)
        zone.folder.mkdir()
        (zone.folder / "name").write_text(f"{label}\n")
        (zone.folder / "max_energy_range_uj").write_text(f"{SPAN}\n")
        zone.microjoules = microjoules
        return zone


_DRIVER = """
#include <stdio.h>
#include <stddef.h>

typedef struct { int index; } device;
static device devices[8];

/* What the file says: an answer for each call, and the GPUs' counters. */
static int state(const char *what, unsigned long long *value) {
    char path[] = PATH;
    char name[64];
    unsigned long long read;
    FILE *file = fopen(path, "r");
    int found = 0;
    if (file == NULL) return 0;
    while (!found && fscanf(file, "%63s %llu", name, &read) == 2) {
        const char *a = name, *b = what;
        while (*a && *a == *b) { a++; b++; }
        if (*a == *b) { *value = read; found = 1; }
    }
    fclose(file);
    return found;
}

static int answer(const char *call) {
    unsigned long long code = 0;
    state(call, &code);
    return (int)code;
}

int nvmlInit_v2(void) { return answer("init"); }

int nvmlDeviceGetCount_v2(unsigned int *count) {
    unsigned long long many = 0;
    state("count", &many);
    *count = (unsigned int)many;
    return answer("get_count");
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, device **handle) {
    devices[index].index = (int)index;
    *handle = &devices[index];
    return answer("handle");
}

#ifndef OLD
int nvmlDeviceGetTotalEnergyConsumption(device *handle, unsigned long long *millijoules) {
    char name[8];
    snprintf(name, sizeof name, "gpu%d", handle->index);
    *millijoules = 0;
    state(name, millijoules);
    return answer("energy");
}
#endif
"""


class Driver:
    """A library with NVML's calls, which answer as a file says."""

    def __init__(self, folder: Path, *flags: str) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("missing: cc")
        self._state = folder / "nvml.state"
        self.library = str(folder / "libnvidia-ml.so.1")
        source = folder / "nvml.c"
        source.write_text(_DRIVER)
        define = f'-DPATH="{self._state}"'
        run(
            [
                compiler,
                "-shared",
                "-fPIC",
                "-Wall",
                "-Werror",
                define,
                *flags,
                source,
                "-o",
                self.library,
            ]
        )

    def set(self, **state: int) -> None:
        self._state.write_text("".join(f"{name} {value}\n" for name, value in state.items()))
