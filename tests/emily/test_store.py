"""Files of item memories: there and back, mapped or not, whole or not at all, and what is refused."""

import contextlib
import os
import re
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plain_hdc as plain
from emily.instinct.hdc import store
from emily.instinct.hdc.errors import MemoryFileError, ReadOnlyError
from emily.instinct.hdc.ids import MAX_ID
from emily.instinct.hdc.memory import ItemMemory
from emily.instinct.hdc.packing import LINE
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors
from plain_hdc import Bits

OPENERS = (ItemMemory.load, ItemMemory.open)
READERS = (*OPENERS, lambda path: ItemMemory.open(path, verify=False))

opened = pytest.mark.parametrize("opener", OPENERS, ids=["load", "open"])
read = pytest.mark.parametrize("reader", READERS, ids=["load", "open", "open unverified"])


def memory_of(bits: Bits, ids: list[int] | None = None) -> ItemMemory:
    memory = ItemMemory(bits.shape[1])
    memory.add(Hypervectors.from_bits(bits), ids)
    return memory


def same(a: ItemMemory, b: ItemMemory) -> bool:
    return a.ids.tolist() == b.ids.tolist() and a.vectors == b.vectors


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The file of four vectors of 100 bits, with ids out of order."""
    path = tmp_path / "small"
    memory_of(plain.random_bits((4, 100), 1), [7, 0, 12, 5]).save(path)
    return path


def forge(path: Path, *, body: Callable[[bytearray], None] | None = None, **fields: int) -> None:
    """Change fields or the body of a file, and make the checksums fit again."""
    data = bytearray(path.read_bytes())
    if body is not None:
        body(data)
    names = ("magic", "version", "dim", "row_bytes", "rows", "next_id", "checksum")
    held = dict(zip(names, store.FIELDS.unpack_from(data), strict=True))
    held["checksum"] = zlib.crc32(data[store.PAGE :])
    data[: store.FIELDS.size] = store.FIELDS.pack(*(held | fields).values())
    data[store.PAGE - 4 : store.PAGE] = zlib.crc32(data[: store.PAGE - 4]).to_bytes(4, "little")
    overwrite(path, data)


class TestRoundTrip:
    @given(plain.rows(most=20), st.data())
    @settings(deadline=None)
    def test_what_is_saved_is_read(
        self, tmp_path_factory: pytest.TempPathFactory, bits: Bits, data: st.DataObject
    ) -> None:
        some = st.lists(st.integers(0, MAX_ID), min_size=len(bits), max_size=len(bits), unique=True)
        ids = data.draw(st.none() | some)
        memory = memory_of(bits, ids)
        path = tmp_path_factory.mktemp("memory") / "saved"
        memory.save(path)
        queries = Hypervectors.from_bits(bits)
        wanted = memory.search(queries, 3)
        for reader in READERS:
            read = reader(path)
            assert same(read, memory)
            matches = read.search(queries, 3)
            assert np.array_equal(matches.ids, wanted.ids)
            assert np.array_equal(matches.distances, wanted.distances)

    @opened
    def test_an_id_that_was_removed_is_not_given_out_again(
        self, tmp_path: Path, opener: Callable[[Path], ItemMemory]
    ) -> None:
        memory = memory_of(plain.random_bits((3, 64), 1))
        memory.remove(2)
        memory.save(tmp_path / "saved")
        assert opener(tmp_path / "saved").copy().add(Hypervector.zeros(64)).tolist() == [3]

    def test_a_loaded_memory_can_be_changed(self, small: Path) -> None:
        memory = ItemMemory.load(small)
        memory.remove([7, 5])
        memory.add(Hypervector.zeros(100))
        assert memory.ids.tolist() == [0, 12, 13]
        assert ItemMemory.load(small).ids.tolist() == [7, 0, 12, 5]

    def test_the_format_is_this(self, tmp_path: Path) -> None:
        bits = np.zeros((2, 600), np.bool_)
        bits[0, [0, 9]], bits[1, 599] = True, True
        memory = memory_of(bits, [3, 1])
        memory.save(tmp_path / "saved")
        row = [bytes([1, 2]) + bytes(126), bytes(74) + bytes([0x80]) + bytes(53)]
        body = b"".join(row) + struct.pack("<2q", 3, 1)
        fields = b"emilyhdc" + struct.pack("<3I2QI", 1, 600, 128, 2, 4, zlib.crc32(body))
        header = fields + bytes(4092 - len(fields))
        wanted = header + struct.pack("<I", zlib.crc32(header)) + body
        assert (tmp_path / "saved").read_bytes() == wanted


class TestMapped:
    def test_its_rows_lie_where_the_kernel_wants_them(self, small: Path) -> None:
        memory = ItemMemory.open(small)
        rows = memory.vectors.rows
        assert rows.ctypes.data % LINE == 0
        assert not rows.flags.owndata
        with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
            rows.flags.writeable = True

    @pytest.mark.parametrize(
        "change",
        [
            lambda memory: memory.add(Hypervector.zeros(100)),
            lambda memory: memory.update(7, Hypervector.zeros(100)),
            lambda memory: memory.remove(7),
        ],
        ids=["add", "update", "remove"],
    )
    def test_it_cannot_be_changed_but_its_copy_can(
        self, small: Path, change: Callable[[ItemMemory], object]
    ) -> None:
        memory, before = ItemMemory.open(small), ItemMemory.load(small)
        with pytest.raises(
            ReadOnlyError, match=r"mapped from .*small and .* its copy\(\), or load"
        ):
            change(memory)
        assert same(memory, before)
        change(copy := memory.copy())
        assert not same(copy, before)
        assert same(memory, before)

    def test_it_can_be_indexed(self, tmp_path: Path) -> None:
        bits = plain.random_bits((50, 2000), 1)
        memory_of(bits).save(tmp_path / "saved")
        memory = ItemMemory.open(tmp_path / "saved")
        memory.index()
        assert [memory.cleanup(memory[row]) for row in range(50)] == list(range(50))

    def test_saving_over_its_file_does_not_disturb_it(self, small: Path) -> None:
        memory, before = ItemMemory.open(small), ItemMemory.load(small)
        after = memory_of(plain.random_bits((900, 2000), 2))
        after.save(small)
        assert same(memory, before)
        assert same(ItemMemory.open(small), after)
        memory.save(small)
        assert same(memory, before)
        assert same(ItemMemory.load(small), before)

    def test_without_verifying_only_the_header_and_the_ids_are_read(self, small: Path) -> None:
        data = bytearray(small.read_bytes())
        data[store.PAGE] ^= 1
        small.write_bytes(data)
        ItemMemory.open(small, verify=False)
        for place in (20, store.PAGE - 10):
            data[place] ^= 1
            small.write_bytes(data)
            with pytest.raises(MemoryFileError, match="checksum of its header"):
                ItemMemory.open(small, verify=False)
            data[place] ^= 1
        data[-8:] = data[-16:-8]
        small.write_bytes(data)
        with pytest.raises(MemoryFileError, match="has the id 12 twice"):
            ItemMemory.open(small, verify=False)


class TestSaving:
    def test_it_replaces_the_file_and_leaves_nothing_beside_it(self, small: Path) -> None:
        memory = memory_of(plain.random_bits((2, 64), 2))
        memory.save(str(small))
        assert same(ItemMemory.load(str(small)), memory)
        assert list(small.parent.iterdir()) == [small]

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_when_it_fails_the_old_file_stays(
        self, small: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        before = small.read_bytes()
        monkeypatch.setattr(os, step, fail)
        with pytest.raises(MemoryFileError, match="small cannot be written: No space left"):
            memory_of(plain.random_bits((2, 64), 2)).save(small)
        assert small.read_bytes() == before
        assert list(small.parent.iterdir()) == [small]

    @pytest.mark.parametrize(
        ("name", "words"),
        [("none/x", "No such file"), ("small/x", "Not a dir"), (".", "Is a dir"), ("\0", "null")],
    )
    def test_a_place_that_cannot_be_written_to_is_named(
        self, small: Path, name: str, words: str
    ) -> None:
        with pytest.raises(MemoryFileError, match=f"cannot be written: .*{words}"):
            ItemMemory().save(small.parent / name)
        assert list(small.parent.iterdir()) == [small]

    @pytest.mark.parametrize(
        ("moment", "which"),
        [("in the rows", "old"), ("before the rename", "old"), ("after the rename", "new")],
    )
    def test_a_process_that_is_killed_leaves_a_whole_file(
        self, tmp_path: Path, moment: str, which: str
    ) -> None:
        path = tmp_path / "saved"
        memory_of(plain.random_bits((9, 100), 1)).save(path)
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, path, moment], check=False, timeout=60
        )
        assert killed.returncode == -9
        for opener in OPENERS:
            assert len(opener(path)) == {"old": 9, "new": 2000}[which]

    def test_changes_wait_until_a_file_is_whole(self, tmp_path: Path) -> None:
        memory = memory_of(plain.random_bits((1000, 2000), 1))
        others = Hypervectors.random(2, 2000, seed=2)
        done = threading.Event()

        def change() -> None:
            while not done.is_set():
                memory.add(others)
                memory.update(memory.ids[:2].copy(), others)
                memory.remove(memory.ids[5:7].copy())

        changer = threading.Thread(target=change)
        changer.start()
        try:
            for _ in range(20):
                memory.save(tmp_path / "saved")
                assert len(ItemMemory.load(tmp_path / "saved")) in (1000, 1002)
        finally:
            done.set()
            changer.join()


KILLED = """
import os, signal, sys
from emily.instinct.hdc import Hypervectors, store
from emily.instinct.hdc.memory import ItemMemory
path, moment = sys.argv[1:]
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
pieces, fsync, calls = store._pieces, os.fsync, []
def some_pieces(*arrays):
    for number, piece in enumerate(pieces(*arrays)):
        if moment == "in the rows" and number == 1:
            kill()
        yield piece
def some_fsyncs(handle):
    calls.append(handle)
    if (moment, len(calls)) in (("before the rename", 1), ("after the rename", 2)):
        kill()
    fsync(handle)
store._pieces, os.fsync = some_pieces, some_fsyncs
memory = ItemMemory()
memory.add(Hypervectors.random(2000, seed=1))
memory.save(path)
"""


class TestBadFiles:
    @opened
    def test_a_file_that_is_cut_anywhere_is_refused(
        self, small: Path, opener: Callable[[Path], ItemMemory]
    ) -> None:
        whole = small.read_bytes()
        with small.open("rb+") as file:
            for size in reversed(range(len(whole))):
                file.truncate(size)
                with pytest.raises(MemoryFileError, match=r"small is cut short: .* bytes"):
                    opener(small)

    @opened
    def test_a_byte_that_is_changed_anywhere_is_found(
        self, small: Path, opener: Callable[[Path], ItemMemory]
    ) -> None:
        whole, generator = small.read_bytes(), np.random.default_rng(1)
        flips = generator.integers(1, 256, len(whole)).tolist()
        flips[:: len(flips) // 40] = [1] * len(flips[:: len(flips) // 40])
        with small.open("rb+", buffering=0) as file:
            for place, flip in enumerate(flips):
                os.pwrite(file.fileno(), bytes([whole[place] ^ flip]), place)
                with pytest.raises(MemoryFileError, match=r"small is (damaged|not the file)"):
                    opener(small)
                os.pwrite(file.fileno(), whole[place : place + 1], place)
        assert len(opener(small)) == 4

    @opened
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"version": 2}, "has format 2, but format 1 is the newest known here"),
            ({"version": 0}, "has format 0"),
            ({"dim": 63}, "has rows of 63 bits in 64 bytes: no such rows are"),
            ({"dim": 2**20 + 1}, "has rows of 1048577 bits in 64 bytes"),
            ({"dim": 513}, "has rows of 513 bits in 64 bytes"),
            ({"row_bytes": 0}, "has rows of 100 bits in 0 bytes"),
            ({"dim": 99}, "has rows in which bits from 99 on are set"),
            ({"rows": 5}, "is cut short: 5 rows of 100 bits are 4456 bytes, not 4384"),
            ({"rows": 3}, "is too long: 3 rows of 100 bits are 4312 bytes, not 4384"),
            ({"rows": 2**50}, "is cut short: 1125899906842624 rows"),
            ({"rows": 2**64 - 1}, "is cut short: 18446744073709551615 rows"),
            ({"next_id": 12}, "has ids that are not from 0 to 11"),
            ({"next_id": 0}, "has ids that are not from 0 to -1"),
            ({"next_id": MAX_ID + 2}, f"has {MAX_ID + 2} as its next id, above {MAX_ID + 1}"),
            ({"next_id": 2**64 - 1}, f"has {2**64 - 1} as its next id, above"),
            ({"checksum": 0}, "is damaged: the checksum of its rows and ids differs"),
        ],
    )
    def test_a_field_that_cannot_be_is_named(
        self, small: Path, opener: Callable[[Path], ItemMemory], fields: dict[str, int], words: str
    ) -> None:
        forge(small, **fields)
        with pytest.raises(MemoryFileError, match=re.escape(f"{small} {words}")):
            opener(small)

    @opened
    @pytest.mark.parametrize(
        ("place", "data", "words"),
        [
            (store.PAGE + 12, b"\x10", "has rows in which bits from 100 on are set"),
            (store.PAGE + 63, b"\x80", "has rows in which bits from 100 on are set"),
            (store.PAGE + 3 * 64 + 16, b"\x01", "has rows in which bits from 100 on are set"),
            (-8, struct.pack("<q", 12), "has the id 12 twice"),
            (-8, struct.pack("<q", -1), "has ids that are not from 0 to 12"),
        ],
    )
    def test_rows_and_ids_that_cannot_be_are_named(
        self, small: Path, opener: Callable[[Path], ItemMemory], place: int, data: bytes, words: str
    ) -> None:
        def change(body: bytearray) -> None:
            start = place % len(body)
            body[start : start + len(data)] = data

        forge(small, body=change)
        with pytest.raises(MemoryFileError, match=re.escape(f"{small} {words}")):
            opener(small)

    @opened
    def test_what_is_no_memory_at_all_is_named(
        self, tmp_path: Path, opener: Callable[[Path], ItemMemory]
    ) -> None:
        foreign, pipe = tmp_path / "foreign", tmp_path / "pipe"
        os.mkfifo(pipe)
        for data in (b"x", b"emilyhd\0", b"\0" * 10_000, b"# text\n" * 1000):
            foreign.write_bytes(data)
            with pytest.raises(MemoryFileError, match="foreign is not the file of an item memory"):
                opener(foreign)
        foreign.write_bytes(b"")
        for path, words in (
            (foreign, "is cut short: of its header's 4096 bytes it has 0"),
            (pipe, "is not a file"),
            (tmp_path, "cannot be read: Is a directory"),
            (tmp_path / "none", "cannot be read: No such file or directory"),
            (foreign / "none", "cannot be read: Not a directory"),
            (tmp_path / "\0", "cannot be read: embedded null byte"),
        ):
            with pytest.raises(MemoryFileError, match=re.escape(f"{path} {words}")):
                opener(path)

    @read
    def test_made_up_files_are_read_as_they_are_or_refused(
        self, small: Path, reader: Callable[[Path], ItemMemory]
    ) -> None:
        """A fuzz run, half of it with checksums that fit: an error that names the file, or a memory."""
        whole, generator = small.read_bytes(), np.random.default_rng(5)
        taken = 0
        for run in range(1500):
            overwrite(small, mutated(whole, generator))
            if run % 2 and small.stat().st_size >= store.PAGE:
                forge(small)
            with contextlib.suppress(MemoryFileError):
                memory = reader(small)
                taken += 1
                assert len(set(memory.ids.tolist())) == len(memory) == len(memory.vectors)
                matches = memory.search(Hypervector.zeros(memory.dim), 5)
                assert (matches.distances[matches.ids >= 0] <= memory.dim).all()
        assert taken > 50


def overwrite(path: Path, data: bytes) -> None:
    """Without cutting the file off at its start first, which some file systems take to the disk."""
    with path.open("rb+") as file:
        file.write(data)
        file.truncate()


def mutated(whole: bytes, generator: np.random.Generator) -> bytes:
    """A file with a byte or two changed, moved, cut out or put in, mostly where they mean something."""
    data = bytearray(whole)
    parts = ((0, store.FIELDS.size), (store.FIELDS.size, store.PAGE), (store.PAGE, len(whole)))
    for _ in range(generator.integers(1, 3)):
        place = min(generator.integers(*parts[generator.integers(3)]), len(data) - 1)
        some = int(generator.integers(1, 80))
        match generator.integers(6):
            case 0 | 1:
                data[place] = generator.integers(256)
            case 2:
                data[place : place + 8] = generator.choice([b"\0" * 8, b"\xff" * 8, whole[:8]])
            case 3:
                data[place:place] = generator.bytes(some)
            case 4:
                del data[place : place + some]
            case 5:
                data[-8:] = data[place : place + 8]
    return bytes(data)
