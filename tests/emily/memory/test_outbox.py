"""The outbox keeps what it acknowledged, whole, through cuts, damage and full disks."""

import errno
import os
import resource
import stat
from collections import deque
from pathlib import Path

import pytest

from emily.cognition.memory import Outbox, StoreError, StoreUnavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def filled(path: Path, episodes, **options) -> Outbox:
    outbox = Outbox(path, **options)
    for each in episodes:
        outbox.append(each)
    return outbox


def pending(path: Path) -> list:
    outbox = Outbox(path)
    held = outbox.pending()
    outbox.close()
    return held


def test_episodes_come_back_in_their_order(path: Path, episode) -> None:
    odd = episode(
        3, content='\x1e "quoted"\n\r\u2028 ü 日本', context={"\x1e": ["\n", 1e-320, None]}
    )
    episodes = [episode(2), episode(1), odd]
    filled(path, episodes).close()
    assert pending(path) == episodes


def test_a_tail_cut_anywhere_costs_only_what_was_not_acknowledged(path: Path, episode) -> None:
    episodes = [episode(seed, content="short") for seed in range(3)]
    outbox, ends = Outbox(path), [0]
    for each in episodes:
        outbox.append(each)
        ends.append(path.stat().st_size)
    outbox.close()
    data = path.read_bytes()
    for cut in range(0, len(data) + 1, 67):
        path.write_bytes(data[:cut])
        whole = max(number for number, end in enumerate(ends) if end <= cut)
        assert pending(path) == episodes[:whole]
        assert path.stat().st_size == ends[whole]


@pytest.mark.parametrize("tail", [bytes(4096), b"\n", b"\x1e", b"\x1e00000000 {}\n", b"\xff" * 9])
def test_what_a_crash_left_behind_the_end_is_cut_off(path: Path, episode, tail: bytes) -> None:
    filled(path, [episode(1)]).close()
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(tail)
    outbox = Outbox(path)
    assert outbox.pending() == [episode(1)]
    assert path.stat().st_size == size
    outbox.append(episode(2))
    outbox.close()
    assert pending(path) == [episode(1), episode(2)]


@pytest.mark.parametrize("where", [0, 1, 5, 100, -1])
def test_damage_within_costs_one_record_and_is_counted(path: Path, episode, where: int) -> None:
    episodes = [episode(seed) for seed in range(3)]
    outbox = filled(path, episodes[:1])
    start = path.stat().st_size
    outbox.append(episodes[1])
    end = path.stat().st_size
    outbox.append(episodes[2])
    outbox.close()
    data = bytearray(path.read_bytes())
    data[(start if where >= 0 else end) + where] ^= 0x01
    path.write_bytes(data)
    outbox = Outbox(path)
    assert outbox.pending() == [episodes[0], episodes[2]]
    assert outbox.damaged == (0 if where == 0 else 1)
    outbox.close()


def test_when_all_is_delivered_the_file_is_empty(path: Path, episode) -> None:
    outbox = filled(path, [episode(1), episode(2)])
    outbox.delivered(episode(1).id)
    assert path.stat().st_size > 0
    outbox.delivered(episode(2).id)
    assert path.stat().st_size == 0
    outbox.append(episode(3))
    outbox.close()
    assert pending(path) == [episode(3)]


def test_it_has_a_limit(path: Path, episode) -> None:
    outbox = Outbox(path, limit_bytes=10_000)
    with pytest.raises(StoreUnavailable, match="is full: it may have 10000 bytes"):
        deque(map(outbox.append, map(episode, range(100))))
    assert 0 < len(outbox) < 100
    assert path.stat().st_size <= 10_000
    outbox.close()


def test_what_was_delivered_makes_room(path: Path, episode) -> None:
    outbox = filled(path, [episode(0)], limit_bytes=10_000)
    for seed in range(1, 40):
        outbox.append(episode(seed))
        outbox.delivered(episode(seed).id)
    assert outbox.pending() == [episode(0)]
    with pytest.raises(StoreError, match="in use by another process"):
        Outbox(path)
    outbox.close()
    assert episode(0) in pending(path)


def test_a_file_that_is_removed_is_written_again(path: Path, episode) -> None:
    outbox = filled(path, [episode(1)])
    path.unlink()
    outbox.append(episode(2))
    outbox.close()
    assert pending(path) == [episode(1), episode(2)]


def test_through_a_link_it_is_written_again_where_it_was(path: Path, episode) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    outbox = filled(path, [episode(1)])
    path.with_name("elsewhere").unlink()
    outbox.append(episode(2))
    assert path.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="in use by another process"):
        Outbox(path)
    outbox.close()
    assert pending(path) == [episode(1), episode(2)]


def test_a_folder_that_is_not_synced_costs_nothing(
    path: Path, episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, fsync = filled(path, [episode(1)]), os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    path.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail_for_folders)
        with pytest.raises(StoreUnavailable, match="cannot be written: Input/output error"):
            outbox.append(episode(2))
    assert outbox.pending() == [episode(1)]
    outbox.append(episode(3))
    outbox.close()
    assert pending(path) == [episode(1), episode(3)]


def test_one_process_owns_it(path: Path, episode) -> None:
    outbox = filled(path, [episode(1)])
    with pytest.raises(StoreError, match="in use by another process"):
        Outbox(path)
    outbox.close()
    assert pending(path) == [episode(1)]


def test_a_write_that_stops_halfway_leaves_nothing(path: Path, episode) -> None:
    outbox = filled(path, [episode(1)])
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    try:
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            outbox.append(episode(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.stat().st_size == size
    assert outbox.pending() == [episode(1)]
    outbox.append(episode(3))
    outbox.close()
    assert pending(path) == [episode(1), episode(3)]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        Outbox(tmp_path / "missing" / "outbox")
