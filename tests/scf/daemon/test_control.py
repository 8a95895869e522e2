"""Orders to the daemon: obeyed once, in order; anything else is ignored and says why."""

import os
from pathlib import Path

import pytest

from scf.daemon.control import Command, ControlFile, Ignored, Order, give, read
from scf.daemon.gears import Gear
from scf.daemon.journal import Journal
from scf.daemon.state import Mode
from scf.errors import ContractError

BAD = {
    "nothing": b"",
    "no JSON": b"SHIFT_GEAR",
    "a list": b"[]",
    "an unknown command": b'{"v":1,"seq":9,"command":"EXPLODE"}',
    "an unknown gear": b'{"v":1,"seq":9,"command":"SHIFT_GEAR","gear":"WARP"}',
    "a gear for PAUSE": b'{"v":1,"seq":9,"command":"PAUSE","gear":"HYPER"}',
    "no gear for SHIFT_GEAR": b'{"v":1,"seq":9,"command":"SHIFT_GEAR"}',
    "a number as text": b'{"v":1,"seq":"9","command":"PAUSE"}',
    "number zero": b'{"v":1,"seq":0,"command":"PAUSE"}',
    "a number beyond JSON's": b'{"v":1,"seq":9007199254740993,"command":"PAUSE"}',
    "another key": b'{"v":1,"seq":9,"command":"PAUSE","shell":"rm"}',
    "another version": b'{"v":2,"seq":9,"command":"PAUSE"}',
    "no UTF-8": b'{"v":1,"seq":9,"command":"PAUSE\xff"}',
    "what to train is no number": b'{"v":1,"seq":9,"command":"TRAIN","train":{"config":{"lr":NaN}}}',
    "what to train is beyond JSON's numbers": (
        b'{"v":1,"seq":9,"command":"TRAIN","train":{"config":{"steps":9007199254740993}}}'
    ),
    "too deep": b'{"v":1,"seq":9,"command":"TRAIN","train":{"config":{"a":'
    + b"[" * 1500
    + b"]" * 1500
    + b"}}}",
    "too large": b'{"v":1,"seq":9,"command":"PAUSE"}' + b" " * 5000,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.json"


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_is_no_order_is_ignored_with_a_reason(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    looked = ControlFile(path).look(0)
    assert isinstance(looked, Ignored)
    assert looked.reason.startswith(("control.json: ", "Order: "))


def test_an_order_is_told_once_as_long_as_the_file_stays(path: Path) -> None:
    file = ControlFile(path)
    assert file.look(0) is None
    given = give(path, Command.SHIFT_GEAR, Gear.HYPER)
    assert file.look(0) == given == Order(seq=1, command=Command.SHIFT_GEAR, gear=Gear.HYPER)
    assert file.look(0) is None


def test_a_replayed_order_is_ignored(path: Path) -> None:
    first = give(path, Command.PAUSE)
    replayed = path.read_bytes()
    second = give(path, Command.RESUME)
    assert (first.seq, second.seq) == (1, 2)
    file = ControlFile(path)
    assert file.look(1) == second
    path.write_bytes(replayed)
    looked = file.look(2)
    assert isinstance(looked, Ignored)
    assert "no newer than 2" in looked.reason


def test_the_last_order_is_no_news_after_a_restart(path: Path) -> None:
    order = give(path, Command.PAUSE)
    file = ControlFile(path)
    assert file.look(order.seq) is None
    path.write_bytes(Order(seq=order.seq, command=Command.STOP).canonical())
    assert isinstance(file.look(order.seq), Ignored)


def test_orders_go_on_from_the_last_one_obeyed_when_the_file_was_removed(path: Path) -> None:
    assert give(path, Command.PAUSE, after=7).seq == 8


def test_a_broken_file_is_replaced_by_the_next_order(path: Path) -> None:
    path.write_bytes(b"?")
    assert give(path, Command.STOP, after=3).seq == 4
    assert read(path).command is Command.STOP


def test_after_the_highest_number_nothing_can_be_ordered(path: Path) -> None:
    with pytest.raises(ContractError, match="remove it"):
        give(path, Command.STOP, after=2**53 - 1)
    assert not path.exists()


def test_a_pipe_in_its_place_is_ignored_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    assert isinstance(ControlFile(path).look(0), Ignored)


def test_the_mode_survives_a_restart_and_stop_does_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    mode = Mode.of(journal, Gear.STANDARD)
    mode = mode.obeying(Order(seq=3, command=Command.SHIFT_GEAR, gear=Gear.HYPER), journal)
    mode = mode.obeying(Order(seq=4, command=Command.PAUSE), journal)
    mode = mode.ignoring(journal)
    stopped = mode.obeying(Order(seq=5, command=Command.STOP), journal)
    journal.close()
    assert stopped.stopped
    again = Mode.of(Journal(tmp_path / "journal.sqlite"), Gear.STANDARD)
    assert again == Mode(Gear.HYPER, paused=True, seq=5, ignored=1)
