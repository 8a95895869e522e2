"""The counters of NVIDIA's GPUs, through a library with the same calls."""

from pathlib import Path

import pytest
from tests.scf.energy_machines import Clock, Driver

from scf.energy import AbsentError, MeterError, NvmlMeter


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return Driver(tmp_path_factory.mktemp("driver"))


def test_energy_counts_from_the_start_over_all_gpus(driver: Driver) -> None:
    driver.set(count=2, gpu0=10_000, gpu1=2**40)
    meter = NvmlMeter(driver.library, clock=Clock())
    driver.set(count=2, gpu0=12_500, gpu1=2**40 + 1_000)
    assert (meter.read().joules, meter.read().source) == (3.5, "nvml")


def test_without_a_driver_or_a_gpu_there_is_no_meter(driver: Driver, tmp_path: Path) -> None:
    driver.set(count=0)
    with pytest.raises(AbsentError, match="no GPU"):
        NvmlMeter(driver.library)
    driver.set(init=9)
    with pytest.raises(AbsentError, match="not loaded"):
        NvmlMeter(driver.library)
    with pytest.raises(AbsentError, match="no NVIDIA driver"):
        NvmlMeter(str(tmp_path / "libnvidia-ml.so.1"))


UNABLE = {
    "init": {"init": 4},
    "count": {"count": 1, "get_count": 1},
    "handle": {"count": 1, "handle": 15},
    "a GPU before Volta has no counter": {"count": 1, "energy": 3},
}


@pytest.mark.parametrize("state", UNABLE.values(), ids=UNABLE)
def test_a_gpu_that_cannot_be_measured_is_no_absent_one(
    driver: Driver, state: dict[str, int]
) -> None:
    driver.set(**state)
    with pytest.raises(MeterError, match=r"nvml\w+ answered") as raised:
        NvmlMeter(driver.library)
    assert not isinstance(raised.value, AbsentError)


def test_a_driver_before_the_counter_says_so(tmp_path: Path) -> None:
    old = Driver(tmp_path, "-DOLD")
    old.set(count=1)
    with pytest.raises(MeterError, match="has no nvmlDeviceGetTotalEnergyConsumption"):
        NvmlMeter(old.library)


def test_a_driver_that_counts_anew_is_no_measurement(driver: Driver) -> None:
    driver.set(count=1, gpu0=500)
    meter = NvmlMeter(driver.library, clock=Clock())
    driver.set(count=1, gpu0=20)
    with pytest.raises(MeterError, match="GPU 0: the driver began to count anew"):
        meter.read()


def test_a_counter_that_stands_still_measures_nothing(driver: Driver) -> None:
    driver.set(count=2, gpu0=1, gpu1=1)
    clock = Clock()
    meter = NvmlMeter(driver.library, clock=clock)
    driver.set(count=2, gpu0=2, gpu1=1)
    clock.now = 1.1
    with pytest.raises(MeterError, match="GPU 1 stands still"):
        meter.read()
