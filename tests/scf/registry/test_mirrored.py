"""The embedded registry decides; the other is told everything, once it can be, in the same order."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scf.registry_drafts import draft

from scf.drive import Drive
from scf.registry.errors import RegistryError
from scf.registry.files import FileRegistry
from scf.registry.mirrored import Mirrored
from scf.registry.registry import CHAMPION, Version


class Away(FileRegistry):
    """A registry that is away at some calls: before it did what it was asked, or after."""

    def __init__(self, drive: Drive, moods: list[str]) -> None:
        super().__init__(drive)
        self._moods = moods

    def register(self, draft: Version) -> Version:
        self._mood("before")
        version = super().register(draft)
        self._mood("after")
        return version

    def point(self, model: str, alias: str, version: int) -> None:
        self._mood("before")
        super().point(model, alias, version)
        self._mood("after")

    def _mood(self, moment: str) -> None:
        if self._moods and self._moods[0] == moment:
            self._moods.pop(0)
            raise RegistryError("away")
        if self._moods and moment == "after":
            self._moods.pop(0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.integers(1, 6)),
        st.tuples(st.just("point"), st.integers(1, 3)),
    ),
    max_size=12,
)
MOODS = st.lists(st.sampled_from(["before", "after", "well"]), max_size=30)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS, moods=MOODS)
def test_however_often_it_was_away_it_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], moods: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("mirrored")
    files = FileRegistry(Drive.make(folder / "first"))
    second = Away(Drive.make(folder / "second"), list(moods))
    drive = Drive.open(folder / "first")
    mirrored = Mirrored(drive, files, second)
    for step, number in steps:
        if step == "register":
            mirrored.register(draft(number))
        elif number <= len(files.versions("energy")):
            mirrored.point("energy", CHAMPION, number)
    second._moods.clear()
    assert Mirrored(drive, files, second).catch_up() == 0
    assert second.versions("energy") == files.versions("energy")
    assert second.alias("energy", CHAMPION) == files.alias("energy", CHAMPION)


def test_what_is_due_is_counted_and_why_is_said(tmp_path: Path) -> None:
    drive = Drive.make(tmp_path / "first")
    second = Away(Drive.make(tmp_path / "second"), ["before"] * 3)
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    mirrored.register(draft(1))
    mirrored.register(draft(2))
    mirrored.point("energy", CHAMPION, 2)
    assert mirrored.owed() == 3
    assert mirrored.problem == "away"
    assert mirrored.catch_up() == 0
    assert (mirrored.owed(), mirrored.problem) == (0, "")


def test_what_the_first_one_refuses_is_refused(tmp_path: Path) -> None:
    drive = Drive.make(tmp_path / "first")
    second = FileRegistry(Drive.make(tmp_path / "second"))
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    with pytest.raises(RegistryError, match="no version 1"):
        mirrored.point("energy", CHAMPION, 1)
    assert mirrored.owed() == 0
