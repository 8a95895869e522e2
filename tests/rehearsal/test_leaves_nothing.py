"""However a rehearsal ends, nothing of it stays: killed at random moments, interrupted, asked to end."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import ROOT
from rehearsal.conftest import leftovers
from running_loop import wait_for
from sovereign.rehearse.debian import cache_folder

SEEDS = range(4)
pytestmark = pytest.mark.usefixtures("able")
REHEARSE = (sys.executable, "-P", "-m", "sovereign", "rehearse", "cloudlab", "--only", "secrets")


def _begin(log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as sink:
        return subprocess.Popen(REHEARSE, cwd=ROOT, stdout=sink, stderr=sink)


def _runs() -> list[Path]:
    return sorted((cache_folder() / "runs").glob("*-*"))


@pytest.fixture
def left() -> Callable[[], list[str]]:
    """What is there and was not before: other rehearsals may go on beside these."""
    before = {*leftovers(), *map(str, _runs())}
    return lambda: sorted({*leftovers(), *map(str, _runs())} - before)


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_a_random_moment(
    seed: int, tmp_path: Path, left: Callable[[], list[str]]
) -> None:
    process = _begin(tmp_path / "log")
    time.sleep(random.Random(seed).uniform(0.3, 8.0))
    process.kill()
    process.wait()
    kept = ("/sys/", str(cache_folder()))
    wait_for(lambda: not [one for one in left() if not one.startswith(kept)], 10)


def test_the_next_run_removes_what_a_killed_one_left(
    tmp_path: Path, left: Callable[[], list[str]]
) -> None:
    process = _begin(tmp_path / "log")
    wait_for(lambda: any("inside" in one for one in left()), 60)
    process.kill()
    process.wait()
    assert _runs()
    process = _begin(tmp_path / "log")
    assert process.wait(120) in {0, 3}, (tmp_path / "log").read_text("utf-8")
    assert left() == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_is_clean_within_ten_seconds(
    sent: signal.Signals, tmp_path: Path, left: Callable[[], list[str]]
) -> None:
    process = _begin(tmp_path / "log")
    wait_for(lambda: any("inside" in one for one in left()), 60)
    time.sleep(1)
    # whoever is impatient asks twice
    for _ in range(2):
        os.kill(process.pid, sent)
        time.sleep(0.05)
    assert process.wait(10) == 130
    assert left() == []
