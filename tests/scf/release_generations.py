"""A home whose daemon trained some generations, with a runner that only says so; some were released."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from scf.daemon.build import Parts, rule
from scf.daemon.loop import Did
from scf.places import dataset_file, run_folder
from scf.registry.registry import Version
from scf.release.weekly import release
from scf.settings import Home
from scf_world import FakeRunner, daemon, home, ingest


def trained(place: Home, *dsm: float, name: str = "") -> tuple[Version, ...]:
    """Train a generation for each figure."""
    ingest(place, range(10), name=name or "first")
    runner = FakeRunner(daemon(place)[1].drive)
    for figure in dsm:
        turning, parts = daemon(place, runner)
        turning.ask()
        assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
        job = runner.done({"dsm": figure})
        listed = dataset_file(parts.drive, job.dataset).read_bytes()
        parts.drive.write(run_folder(parts.drive, job.id) / "dataset.json", listed)
        assert turning.cycle() is Did.FINISHED
        turning.journal.close()
        parts.vault.close()
    return Parts.open(place).registry.versions("ebdm")


def released(place: Home, week: date) -> Version:
    """Release what is best for a week."""
    parts = Parts.open(place)
    made = release(
        parts.drive,
        parts.registry,
        parts.log,
        model="ebdm",
        week=week,
        rule=rule(parts.settings.promote),
    )
    return made.version


def generations(folder: Path, weeks: Sequence[date]) -> Home:
    """Ten versions; the second, the fourth and the tenth were released, the ninth is the best so far."""
    folder.mkdir()
    place = home(folder)
    trained(place, 0.9, 0.5)
    assert released(place, weeks[0]).version == 2
    trained(place, 0.8, 0.4, 0.6)
    assert released(place, weeks[1]).version == 4
    trained(place, 0.7, 0.45)
    assert released(place, weeks[2]).version == 4
    trained(place, 0.3, 0.2, 0.35)
    return place
