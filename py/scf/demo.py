"""The demonstration: points of a known density go through the whole loop, once, on this machine.

Every stage finds what it did before: a demonstration that was cut off goes on when it is called again.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from emily.files import replacing
from scf.attest.public import Keys
from scf.clock import now
from scf.daemon.build import Parts, rule
from scf.daemon.gears import Gear
from scf.daemon.home import make
from scf.daemon.loop import Did
from scf.daemon.pictures import draw_atlas, draw_density
from scf.daemon.serve import alone, over, serve, stopped_by_signals
from scf.drive import Partition
from scf.errors import ScfError
from scf.registry.lineage import Lineage, lineage
from scf.registry.registry import Version
from scf.release.documents import name_of
from scf.release.verify import Report as Proven
from scf.release.verify import verify_release
from scf.release.weekly import release
from scf.settings import Home, refuse_when_locked
from scf.training.densities.shapes import DENSITIES
from scf.vault import Cut, Report
from scf.vault.sources import source_of
from scf.vault.verifiers import JsonShape
from scf.worker.runner import State

SHAPE = "point: number[2]"
UNFIT = ('{"point": [1.0]}', '{"place": [0.5, 0.25]}', "no JSON at all")
"""Records that are refused."""

CUT = Cut(records=4000)
"""Several shards, so that there is something to shuffle and to compare."""

SETTINGS = """\
# {points} points
drive = "../drive"
gear = "SINGULARITY"

[train]
minimum = 1
budget = {{ seconds = 900.0 }}

[train.config]
{config}

[promote]
metric = "score_error"
ties = ["dsm:lower"]
"""


# a smaller network than the default, and fewer steps: good enough to look at, in seconds
CONFIG = """\
density = "{density}"
steps = {steps}
width = 96
depth = 2
ema = 0.995
"""


class DemoError(ScfError):
    """A demonstration that cannot go on."""

    code = "SCF083"


class Shown(Protocol):
    """Where progress is shown."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def step(self, done: int, of: int) -> None:
        """How far it is."""

    def training(self, did: Did, seen: State | None) -> None:
        """What a cycle of the daemon came to."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a demonstration."""

    folder: Path

    @property
    def home(self) -> Home:
        """Settings, journal and keys."""
        return Home(self.folder / "home")

    @property
    def drive(self) -> Path:
        """The partitions."""
        return self.folder / "drive"

    @property
    def source(self) -> Path:
        """What is ingested."""
        return self.folder / "points.ndjson"


def write_source(path: Path, density: str, points: int, seed: int) -> None:
    """Write points of a density, one a line, and among them some records that are no points.

    A file that is there is kept. Raises OSError.
    """
    if path.exists():
        return
    drawn = DENSITIES[density]().sample(points, np.random.default_rng(seed))
    lines = [json.dumps({"point": [round(x, 6), round(y, 6)]}) for x, y in drawn.tolist()]
    for number, unfit in enumerate(UNFIT, start=1):
        lines.insert(number * points // (len(UNFIT) + 1), unfit)
    with replacing(path) as file:
        file.write("".join(f"{line}\n" for line in lines).encode("utf-8"))


def train(parts: Parts, shown: Shown) -> None:
    """Let the daemon run until there is nothing left to do. Raises DemoError when that was no model."""
    daemon = parts.daemon()

    with stopped_by_signals() as stop:
        did = serve(
            daemon,
            stop,
            seen=lambda did: shown.training(did, daemon.seen),
            until=lambda did: over(daemon, did) and did is not Did.FINISHED,
            gear=Gear.SINGULARITY,
        )
    last = daemon.journal.last()
    daemon.journal.close()
    if stop.is_set():
        raise KeyboardInterrupt
    if did is Did.WAITING and daemon.seen is not None:
        raise DemoError(daemon.seen.reason, hint="mend it, and call it again: it goes on")
    if last is None or did is not Did.IDLE or last.reason:
        reason = last.reason if last is not None and last.reason else f"the daemon is {did}"
        raise DemoError(f"no model came of it: {reason}")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a demonstration."""

    report: Report
    version: Version
    release: Path
    proven: Proven
    lineage: Lineage
    density: Path
    atlas: Path


def run(place: Place, shown: Shown, *, density: str, points: int, config: str) -> Done:
    """Go through the loop in a folder, which is made. Raises ScfError."""
    shown.stage("make a home and a drive")
    settings = SETTINGS.format(config=config, points=points)
    if (
        place.home.settings_file.exists()
        and place.home.settings_file.read_text("utf-8") != settings
    ):
        raise DemoError(
            f"the demonstration in {place.folder} was made with other options",
            hint="choose another folder: scf demo --into FOLDER",
        )
    make(place.home, place.drive, settings)
    with alone(place.home):
        refuse_when_locked(place.home)
        shown.stage("draw points")
        write_source(place.source, density, points, seed=1)
        parts = Parts.open(place.home)
        shown.stage("ingest and validate")
        report = parts.vault.ingest(
            source_of(place.source), JsonShape.parse(SHAPE), beat=shown.step, cut=CUT
        )
        train(parts, shown)
        shown.stage("release")
        refuse_when_locked(place.home)
        folder = _release(parts)
        shown.stage("verify")
        proven = verify_release(folder, Keys.read(place.home.keys / "keys.json"))
        version = proven.release.version
        descent = lineage(parts.registry, parts.drive, version, parts.vault.lineage)
        shown.stage("draw")
        return Done(
            report,
            version,
            folder,
            proven,
            descent,
            draw_density(parts, version),
            draw_atlas(parts, "point"),
        )


def _release(parts: Parts) -> Path:
    made = release(
        parts.drive,
        parts.registry,
        parts.log,
        model=parts.settings.train.model,
        week=datetime.fromtimestamp(now(), UTC).date(),
        rule=rule(parts.settings.promote),
    )
    return parts.drive.root / Partition.RELEASE_HISTORY / name_of(made.monday)
