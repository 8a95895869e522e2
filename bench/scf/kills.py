"""kill -9 at random moments of `scf demo`: the end is the same, to the byte, as of a run left alone.

SCF_KILLS sets how many trials there are, SCF_KILL_PROCESSES how many run beside each other.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.emily.rows import Row

from scf.daemon.home import make
from scf.daemon.journal import Journal
from scf.demo import CONFIG, SETTINGS, Place
from scf.drive import Drive
from scf.vault import Vault

_TRIALS = int(os.environ.get("SCF_KILLS", "200"))
_MOST_TRIES = 5
_PROCESSES = int(os.environ.get("SCF_KILL_PROCESSES", "2"))
_POINTS, _STEPS = 1500, 60
_WORDS = ("--points", str(_POINTS), "--steps", str(_STEPS))
_CONFIG = CONFIG.format(density="gaussians-25", steps=_STEPS)
_ENV = {"SOURCE_DATE_EPOCH": "1794000000", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_MEASURED = ("usage-", "heartbeat.json", "worker.", "stopped-", "failure-")
"""Files of a run that tell of attempts, not of the result."""
VICTIMS = ("demo", "worker", "both")
"""`demo` is the daemon, and before and after it the ingest and the release."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial came to: where it was killed, and the digest of each part at the end."""

    victim: str
    after_s: float
    hit: bool
    digests: dict[str, str]


def rows() -> list[Row]:
    """Kill, finish and compare."""
    with TemporaryDirectory(prefix="scf-kills-") as scratch:
        folder = Path(scratch)
        pattern = prepared(folder / "pattern")
        began = time.monotonic()
        finish(pattern)
        whole_s = time.monotonic() - began
        expected = digests(pattern)
        randoms = [random.Random(seed) for seed in range(_TRIALS)]
        with ThreadPoolExecutor(_PROCESSES) as pool:
            done = list(
                pool.map(
                    lambda pair: trial(folder, pattern, pair[0], pair[1], whole_s),
                    enumerate(randoms),
                )
            )
    parts = {part: sum(one.digests[part] == expected[part] for one in done) for part in expected}
    hits = Counter(one.victim for one in done if one.hit)
    told = ", ".join(f"{victim} {hits[victim]}" for victim in VICTIMS)
    return [
        Row("trials, a kill -9 at a random moment of each", f"{len(done)} ({told})", "200", None),
        Row("kills that met a process", f"{sum(hits.values())}"),
        *(
            Row(f"same {part} as uninterrupted", f"{same} of {len(done)}", "all", same == len(done))
            for part, same in parts.items()
        ),
    ]


def prepared(folder: Path) -> Path:
    """A demonstration that has its keys and has not begun: the keys are the same for every trial."""
    place = Place(folder)
    make(place.home, place.drive, SETTINGS.format(config=_CONFIG, points=_POINTS))
    return folder


def trial(
    folder: Path, pattern: Path, number: int, chance: random.Random, within_s: float
) -> Trial:
    """Kill at a random moment below `within_s` seconds, finish, and look; again where nothing was hit."""
    victim = VICTIMS[number % len(VICTIMS)]
    for again in range(_MOST_TRIES):
        place = folder / f"trial-{number}-{again}"
        begun(pattern, place)
        child = started(place)
        after_s = chance.uniform(0, within_s)
        wait(place, child, victim, after_s)
        hit = kill(place, child, victim)
        child.wait(300)
        finish(place)
        found = Trial(victim, after_s, hit, digests(place))
        shutil.rmtree(place)
        if hit:
            break
    return found


def wait(place: Path, child: "subprocess.Popen[bytes]", victim: str, after_s: float) -> None:
    """Wait for so long; for a worker, from when there is one."""
    while victim == "worker" and child.poll() is None and not list(workers(place)):
        time.sleep(0.01)
    with suppress(subprocess.TimeoutExpired):
        child.wait(after_s)


def begun(pattern: Path, place: Path) -> None:
    """A new folder with the settings and the keys of the pattern."""
    make(Place(place).home, Place(place).drive, SETTINGS.format(config=_CONFIG, points=_POINTS))
    keys = place / "home" / "keys"
    shutil.rmtree(keys)
    # and not the last head: this log begins anew
    shutil.copytree(pattern / "home" / "keys", keys, ignore=shutil.ignore_patterns("head.json"))


def started(place: Path, log: Path = Path(os.devnull)) -> "subprocess.Popen[bytes]":
    """The demonstration, as a process of its own; what it says goes into `log`."""
    argv = (sys.executable, "-P", "-m", "scf", "demo", "--into", str(place), *_WORDS)
    with log.open("wb") as said:
        return subprocess.Popen(
            argv,
            env=os.environ | _ENV,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def finish(place: Path) -> None:
    """Let the demonstration come to its end. Raises AssertionError when it does not."""
    code = started(place).wait(600)
    assert code == 0, f"the demonstration in {place} ended with {code}"


def kill(place: Path, child: "subprocess.Popen[bytes]", victim: str) -> bool:
    """kill -9 the victims; whether one of them was there."""
    hit = False
    if victim in {"demo", "both"}:
        hit |= child.poll() is None
        child.kill()
        child.wait()
    if victim in {"worker", "both"}:
        for pid in workers(place):
            os.kill(pid, signal.SIGKILL)
            hit = True
    return hit


def workers(place: Path) -> Iterator[int]:
    """The workers of a demonstration."""
    mark = str(place / "drive").encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"worker" in words and any(word.startswith(mark) for word in words):
                yield int(entry.name)


def digests(place: Path) -> dict[str, str]:
    """A digest of each part of the drive, and of what the journal tells."""
    drive = Drive.open(place / "drive")
    vault = Vault.open(drive)
    journal = Journal(place / "home" / "journal.sqlite")
    intents = [(one.job.id, one.fossils, one.stage, one.reason) for one in journal.intents()]
    found = {
        "vault": _digest(drive.root / "fossil_vault", skip=("catalogue.sqlite",)) + vault.digest(),
        "log": _digest(drive.root / "attestations" / "log"),
        "ledger": _digest(drive.root / "attestations", only="ledger.ndjson"),
        "registry": _digest(drive.root / "model_zoo" / "registry"),
        "run": _digest(drive.root / "model_zoo" / "runs", skip=_MEASURED),
        "release": _digest(drive.root / "release_history"),
        "atlas": _digest(drive.root / "energy_atlas"),
        "journal": sha256(repr(intents).encode()).hexdigest(),
    }
    vault.close()
    journal.close()
    return found


def _digest(folder: Path, *, skip: tuple[str, ...] = (), only: str = "") -> str:
    """Over names and contents of all files; locks are nothing, torn files are."""
    total = sha256()
    for path in sorted(folder.rglob("*")):
        name = path.name
        if path.is_dir() or name.endswith(".lock") or (only and name != only):
            continue
        if any(name.startswith(prefix) for prefix in skip):
            continue
        total.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()
