"""Killed at any moment and called again, the demonstration ends as one that was left alone."""

import random
from pathlib import Path

import pytest

pytest.importorskip("torch")

from bench.scf.kills import VICTIMS, digests, finish, prepared, trial


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration that was left alone."""
    folder = prepared(tmp_path_factory.mktemp("kills") / "pattern")
    finish(folder)
    return folder


@pytest.mark.parametrize("number", range(2 * len(VICTIMS)))
def test_the_end_is_the_same_to_the_byte(pattern: Path, tmp_path: Path, number: int) -> None:
    done = trial(tmp_path, pattern, number, random.Random(number), within_s=4.0)
    assert done.digests == digests(pattern)
