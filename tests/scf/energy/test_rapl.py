"""The counters of processor packages, on trees like those that Linux shows."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scf.energy_machines import SPAN, Clock, Powercap

from scf.energy import AbsentError, MeterError, RaplMeter


def test_energy_counts_from_the_start(tmp_path: Path) -> None:
    powercap, clock = Powercap(tmp_path), Clock()
    package = powercap.zone("intel-rapl:0", "package-0", 5_000_000)
    meter = RaplMeter(tmp_path, clock=clock)
    assert meter.read().joules == 0
    clock.now, package.microjoules = 10, 7_500_000
    assert (meter.read().joules, meter.read().source) == (2.5, "rapl")


def test_all_packages_are_added_up_and_nothing_twice(tmp_path: Path) -> None:
    """Sub-domains, the whole platform and the second door to a package are parts, or the same again."""
    powercap, clock = Powercap(tmp_path), Clock()
    zones = [
        powercap.zone("intel-rapl:0", "package-0", 0),
        powercap.zone("intel-rapl:1", "package-1", 0),
        powercap.zone("intel-rapl:0:0", "core", 0),
        powercap.zone("intel-rapl:0:1", "uncore", 0),
        powercap.zone("intel-rapl:0:2", "dram", 0),
        powercap.zone("intel-rapl:2", "psys", 0),
        powercap.zone("intel-rapl-mmio:0", "package-0", 0),
        powercap.zone("dtpm", "package-0", 0),
    ]
    meter = RaplMeter(tmp_path, clock=clock)
    for power, zone in enumerate(zones):
        zone.microjoules = 10**power * 1_000_000
    assert meter.read().joules == 11


def test_dies_of_one_package_are_counted_each(tmp_path: Path) -> None:
    powercap = Powercap(tmp_path)
    dies = [powercap.zone(f"intel-rapl:{die}", f"package-0-die-{die}", 0) for die in range(2)]
    meter = RaplMeter(tmp_path, clock=Clock())
    for die in dies:
        die.microjoules = 3_000_000
    assert meter.read().joules == 6


@given(
    start=st.integers(0, SPAN), steps=st.lists(st.integers(0, SPAN // 2), min_size=1, max_size=20)
)
def test_a_counter_that_wraps_around_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, start: int, steps: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("powercap")
    package = Powercap(folder).zone("intel-rapl:0", "package-0", start)
    meter = RaplMeter(folder, clock=Clock())
    for step in steps:
        package.microjoules = (package.microjoules + step) % SPAN
        read = meter.read()
    assert read.joules == pytest.approx(sum(steps) / 1e6, abs=1e-9 * SPAN)


def test_a_counter_that_may_have_gone_all_the_way_round_is_no_measurement(tmp_path: Path) -> None:
    powercap, clock = Powercap(tmp_path), Clock()
    package = powercap.zone("intel-rapl:0", "package-0", 0)
    meter = RaplMeter(tmp_path, clock=clock)
    for _ in range(4):
        clock.now += SPAN / 1e9 * 0.99
        package.microjoules += 1
        meter.read()
    clock.now += SPAN / 1e9 * 1.01
    for _ in range(2):
        with pytest.raises(MeterError, match=r"not read for 26[0-9] s"):
            meter.read()


def test_a_counter_that_stands_still_measures_nothing(tmp_path: Path) -> None:
    """That of a virtual machine, often; in the first second it may stand."""
    powercap, clock = Powercap(tmp_path), Clock()
    moving = powercap.zone("intel-rapl:0", "package-0", 7)
    powercap.zone("intel-rapl:1", "package-1", 7)
    meter = RaplMeter(tmp_path, clock=clock)
    clock.now, moving.microjoules = 0.9, 8
    meter.read()
    clock.now = 1.1
    with pytest.raises(MeterError, match="package-1 stands still"):
        meter.read()


def test_a_counter_that_has_moved_may_rest(tmp_path: Path) -> None:
    powercap, clock = Powercap(tmp_path), Clock()
    package = powercap.zone("intel-rapl:0", "package-0", 0)
    meter = RaplMeter(tmp_path, clock=clock)
    package.microjoules = 1_000_000
    meter.read()
    clock.now = 60
    assert meter.read().joules == 1


@pytest.mark.parametrize("zones", [[], [("intel-rapl:0:0", "core")], [("intel-rapl:0", "psys")]])
def test_without_a_package_there_is_no_meter(tmp_path: Path, zones: list[tuple[str, str]]) -> None:
    for zone, label in zones:
        Powercap(tmp_path).zone(zone, label, 0)
    with pytest.raises(AbsentError):
        RaplMeter(tmp_path)


def test_without_powercap_there_is_no_meter(tmp_path: Path) -> None:
    with pytest.raises(AbsentError):
        RaplMeter(tmp_path / "missing")


SPOILED = {
    "the counter is missing": ("energy_uj", None),
    "the counter is no number": ("energy_uj", "many\n"),
    "the counter cannot be read as text": ("energy_uj", "\xff"),
    "the range is missing": ("max_energy_range_uj", None),
    "the range is zero": ("max_energy_range_uj", "0\n"),
    "the name is missing": ("name", None),
}


@pytest.mark.parametrize(("file", "content"), SPOILED.values(), ids=SPOILED)
def test_what_is_measured_in_part_is_not_measured(
    tmp_path: Path, file: str, content: str | None
) -> None:
    powercap = Powercap(tmp_path)
    powercap.zone("intel-rapl:0", "package-0", 0)
    broken = powercap.zone("intel-rapl:1", "package-1", 0).folder / file
    broken.unlink()
    if content is not None:
        broken.write_text(content, encoding="latin-1")
    with pytest.raises(MeterError) as raised:
        RaplMeter(tmp_path)
    assert not isinstance(raised.value, AbsentError)


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that everybody may read, and no right to read more."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        if os.getuid() == 0:
            os.seteuid(0)


def test_a_counter_for_root_alone_is_no_meter(nobody: Path) -> None:
    zone = Powercap(nobody).zone("intel-rapl:0", "package-0", 0)
    (zone.folder / "energy_uj").chmod(0)
    if os.getuid() == 0:
        os.seteuid(65_534)
    with pytest.raises(MeterError, match="energy_uj: Permission denied"):
        RaplMeter(nobody)


def test_a_counter_that_vanishes_says_so(tmp_path: Path) -> None:
    zone = Powercap(tmp_path).zone("intel-rapl:0", "package-0", 0)
    meter = RaplMeter(tmp_path, clock=Clock())
    (zone.folder / "energy_uj").unlink()
    with pytest.raises(MeterError, match="energy_uj: No such file"):
        meter.read()


@pytest.mark.parametrize("value", [-1, SPAN + 1])
def test_a_counter_beyond_its_range_is_no_measurement(tmp_path: Path, value: int) -> None:
    zone = Powercap(tmp_path).zone("intel-rapl:0", "package-0", 0)
    meter = RaplMeter(tmp_path, clock=Clock())
    zone.microjoules = value
    with pytest.raises(MeterError, match="beyond its range"):
        meter.read()
