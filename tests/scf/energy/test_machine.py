"""What a machine's own meter says: measured only when all that the work runs on is measured."""

from pathlib import Path

import pytest
from tests.scf.energy_machines import SPAN, Driver, Powercap, Zone

from scf.energy import EstimateMeter, MachineMeter, Meter, meter


@pytest.fixture
def package(tmp_path: Path) -> Zone:
    (tmp_path / "powercap").mkdir()
    return Powercap(tmp_path / "powercap").zone("intel-rapl:0", "package-0", SPAN - 1_000_000)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return Driver(tmp_path_factory.mktemp("driver"))


def _meter(tmp_path: Path, library: str = "libnothing-of-this-name.so.1") -> Meter:
    return meter(tmp_path / "powercap", library=library, watts_per_core=20.0)


def _work() -> None:
    """A little more than the clock's tick of processor time."""
    sum(range(2_000_000))


def test_packages_alone_are_rapl(tmp_path: Path, package: Zone) -> None:
    measured = _meter(tmp_path)
    package.microjoules = 4_000_000
    reading = measured.read()
    assert (reading.joules, reading.source) == (5, "rapl")


def test_packages_and_gpus_are_nvml_and_added_up(
    tmp_path: Path, package: Zone, driver: Driver
) -> None:
    driver.set(count=1, gpu0=7_000)
    measured = _meter(tmp_path, driver.library)
    package.microjoules = 4_000_000
    driver.set(count=1, gpu0=107_000)
    reading = measured.read()
    assert (reading.joules, reading.source) == (105, "nvml")


@pytest.mark.parametrize("state", [{"count": 1, "energy": 3}, {"init": 4}], ids=str)
def test_a_gpu_that_nobody_measures_makes_it_an_estimate(
    tmp_path: Path, package: Zone, driver: Driver, state: dict[str, int]
) -> None:
    driver.set(**state)
    assert package.microjoules
    assert _meter(tmp_path, driver.library).read().source == "estimate"


def test_packages_that_nobody_measures_make_it_an_estimate(tmp_path: Path, driver: Driver) -> None:
    driver.set(count=1, gpu0=7_000)
    assert _meter(tmp_path, driver.library).read().source == "estimate"


def test_a_machine_without_gpus_may_have_the_driver(
    tmp_path: Path, package: Zone, driver: Driver
) -> None:
    driver.set(count=0)
    measured = _meter(tmp_path, driver.library)
    package.microjoules = 0
    assert measured.read().source == "rapl"


def test_a_measurement_that_failed_once_stays_an_estimate_of_the_whole_time(
    tmp_path: Path, package: Zone
) -> None:
    measured = _meter(tmp_path)
    _work()
    assert measured.read().source == "rapl"
    counter = package.folder / "energy_uj"
    kept = counter.read_text()
    counter.unlink()
    first = measured.read()
    counter.write_text(kept)
    assert first.source == measured.read().source == "estimate"
    assert first.joules > 0
    assert isinstance(measured, MachineMeter)
    assert "energy_uj" in measured.reason


def test_an_estimate_is_processor_time_times_watts() -> None:
    one, ten = EstimateMeter(1.0), EstimateMeter(10.0)
    _work()
    seconds, tenfold = one.read().joules, ten.read().joules
    assert 0 < seconds < 10
    assert tenfold == pytest.approx(10 * seconds, rel=0.5)
    assert one.read().source == "estimate"


def test_this_machine_has_a_meter_without_settings() -> None:
    here = meter()
    _work()
    assert here.read().joules >= 0
