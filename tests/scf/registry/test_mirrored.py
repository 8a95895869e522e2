"""The embedded registry decides; the other is told everything, once it can be, in the same order."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scf.registry_drafts import draft

from scf.drive import Drive, Partition
from scf.errors import ContractError, DriveError, ScfError
from scf.registry.errors import RegistryError
from scf.registry.files import FileRegistry, turn
from scf.registry.mirrored import Mirrored
from scf.registry.registry import CHAMPION, Version


class Away(FileRegistry):
    """A registry that is away at some calls: before it did what it was asked, or after."""

    def __init__(
        self, drive: Drive, moods: list[str], error: type[ScfError] = RegistryError
    ) -> None:
        super().__init__(drive)
        self._moods = moods
        self._error = error
        self.asked = 0

    def reach(self) -> None:
        self.asked += 1
        self._mood("before")

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
            raise self._error("away")
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
        mirrored.catch_up(at_once=True)
    second._moods.clear()
    assert Mirrored(drive, files, second).catch_up() == 0
    assert second.versions("energy") == files.versions("energy")
    assert second.alias("energy", CHAMPION) == files.alias("energy", CHAMPION)


def test_what_is_due_is_counted_and_why_is_said(tmp_path: Path) -> None:
    drive = Drive.make(tmp_path / "first")
    second = Away(Drive.make(tmp_path / "second"), ["before"] * 2)
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    mirrored.register(draft(1))
    mirrored.register(draft(2))
    mirrored.point("energy", CHAMPION, 2)
    assert mirrored.catch_up(at_once=True) == 3
    assert mirrored.problem == "away"
    assert mirrored.catch_up(at_once=True) == 0
    assert mirrored.problem == ""


def test_one_that_is_away_is_left_alone_for_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("scf.registry.mirrored.monotonic", lambda: clock[0])
    drive = Drive.make(tmp_path / "first")
    second = Away(Drive.make(tmp_path / "second"), ["before"])
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    mirrored.register(draft(1))
    clock[0] += 59
    assert (mirrored.catch_up(), second.asked) == (1, 1)
    assert mirrored.problem == "away"
    clock[0] += 2
    assert (mirrored.catch_up(), second.asked) == (0, 2)
    clock[0] += 3600
    assert (mirrored.catch_up(), second.asked) == (0, 2)  # nothing is due: nothing is asked


@pytest.mark.parametrize("error", [RegistryError, ContractError, DriveError])
def test_whatever_the_second_one_says_the_first_goes_on(
    tmp_path: Path, error: type[ScfError]
) -> None:
    drive = Drive.make(tmp_path / "first")
    second = Away(Drive.make(tmp_path / "second"), ["after"], error)
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    assert mirrored.register(draft(1)).version == 1
    assert mirrored.problem == "away"


def test_a_long_backlog_is_told_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = FileRegistry(Drive.make(tmp_path / "first"))
    for number in range(1, 31):
        files.register(draft(number))
    clock = iter(range(1000))
    monkeypatch.setattr("scf.registry.mirrored.monotonic", lambda: float(next(clock)))
    second = Away(Drive.make(tmp_path / "second"), [])
    mirrored = Mirrored(Drive(tmp_path / "first"), files, second)
    owed = [mirrored.catch_up() for _ in range(4)]
    assert owed == sorted(owed, reverse=True)
    assert 0 < owed[0] < 30
    assert owed[-1] == 0
    assert second.versions("energy") == files.versions("energy")


def test_what_another_process_is_telling_is_not_waited_for(tmp_path: Path) -> None:
    drive = Drive.make(tmp_path / "first")
    second = Away(Drive.make(tmp_path / "second"), [])
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    with turn(drive, drive.folder(Partition.MODEL_ZOO, "registry-told")):
        assert mirrored.register(draft(1)).version == 1
    assert "another process" in mirrored.problem
    assert mirrored.catch_up(at_once=True) == 0


def test_one_that_is_new_is_told_everything(tmp_path: Path) -> None:
    drive = Drive.make(tmp_path / "first")
    files = FileRegistry(drive)
    mirrored = Mirrored(drive, files, Away(Drive.make(tmp_path / "old"), []))
    mirrored.register(draft(1))
    mirrored.point("energy", CHAMPION, 1)
    new = Away(Drive.make(tmp_path / "new"), ["well", "before"])
    mirrored = Mirrored(drive, files, new)
    assert mirrored.catch_up() == 1
    assert mirrored.catch_up(at_once=True) == 0
    assert new.versions("energy") == files.versions("energy")
    assert new.alias("energy", CHAMPION) == files.alias("energy", CHAMPION)


def test_what_the_first_one_refuses_is_refused(tmp_path: Path) -> None:
    drive = Drive.make(tmp_path / "first")
    second = Away(Drive.make(tmp_path / "second"), [])
    mirrored = Mirrored(drive, FileRegistry(drive), second)
    with pytest.raises(RegistryError, match="no version 1"):
        mirrored.point("energy", CHAMPION, 1)
    assert (mirrored.catch_up(), second.asked) == (0, 0)
