"""A file is replaced as a whole or stays as it is; arrays are read whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.files import ArchiveError, read_arrays, replacing


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def write(path: Path, data: bytes = b"new", **options: int) -> None:
    with replacing(path, **options) as file:
        file.write(data)


class TestReplacing:
    def test_the_new_file_takes_the_old_ones_place_and_leaves_nothing_beside_it(
        self, old: Path
    ) -> None:
        write(str(old))
        assert old.read_bytes() == b"new"
        assert list(old.parent.iterdir()) == [old]

    def test_until_the_end_the_old_one_is_there(self, old: Path) -> None:
        with replacing(old) as file:
            file.write(b"new")
            file.flush()
            assert old.read_bytes() == b"old"
        assert old.read_bytes() == b"new"

    def test_who_reads_the_old_file_goes_on_reading_it(self, old: Path) -> None:
        with old.open("rb") as reader:
            write(old)
            assert reader.read() == b"old"

    @pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
    def test_when_the_writer_fails_the_old_one_stays(
        self, old: Path, error: type[BaseException]
    ) -> None:
        def fail() -> None:
            with replacing(old) as file:
                file.write(b"new")
                raise error("why")

        with pytest.raises(error, match="why"):
            fail()
        assert old.read_bytes() == b"old"
        assert list(old.parent.iterdir()) == [old]

    @pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
    def test_when_the_system_fails_the_old_one_stays(
        self, old: Path, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, step, fail)
        with pytest.raises(OSError, match="No space left"):
            write(old)
        assert old.read_bytes() == b"old"
        assert list(old.parent.iterdir()) == [old]

    def test_a_process_that_is_killed_leaves_the_old_one(self, old: Path) -> None:
        program = (
            "import os, signal, sys\n"
            "from emily.files import replacing\n"
            "with replacing(sys.argv[1]) as file:\n"
            "    file.write(b'new')\n"
            "    file.flush()\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        killed = subprocess.run([sys.executable, "-c", program, old], check=False, timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert old.read_bytes() == b"old"

    def test_it_is_on_the_disk_before_it_has_its_name_and_the_name_after(
        self, old: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fsync, replace, steps = os.fsync, os.replace, []

        def note_sync(descriptor: int) -> None:
            mode = os.fstat(descriptor).st_mode
            steps.append("sync folder" if stat.S_ISDIR(mode) else "sync file")
            fsync(descriptor)

        def note_rename(source: Path, target: Path) -> None:
            steps.append("rename")
            replace(source, target)

        monkeypatch.setattr(os, "fsync", note_sync)
        monkeypatch.setattr(os, "replace", note_rename)
        write(old)
        assert steps == ["sync file", "rename", "sync folder"]

    def test_a_folder_that_may_not_be_read_may_be_written_to(
        self, old: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        allowed = os.open

        def refuse_folders(path: Path, flags: int, mode: int = 0o777) -> int:
            if flags & os.O_DIRECTORY:
                raise PermissionError(13, "Permission denied")
            return allowed(path, flags, mode)

        monkeypatch.setattr(os, "open", refuse_folders)
        write(old)
        assert old.read_bytes() == b"new"

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o777, 0o400])
    def test_the_mode_of_the_old_file_is_kept(self, old: Path, mode: int) -> None:
        old.chmod(mode)
        write(old, mode=0o644)
        assert stat.S_IMODE(old.stat().st_mode) == mode

    @pytest.mark.parametrize(("options", "mode"), [({}, 0o640), ({"mode": 0o600}, 0o600)])
    def test_a_file_that_was_not_there_follows_the_umask(
        self, tmp_path: Path, options: dict[str, int], mode: int
    ) -> None:
        before = os.umask(0o027)
        try:
            write(tmp_path / "file", **options)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode

    @pytest.mark.parametrize("there", [True, False])
    def test_a_link_stays_and_what_it_leads_to_is_replaced(
        self, tmp_path: Path, there: bool
    ) -> None:
        (tmp_path / "folder").mkdir()
        target, link = tmp_path / "folder" / "file", tmp_path / "link"
        if there:
            target.write_bytes(b"old")
        link.symlink_to(Path("folder") / "file")
        write(link)
        assert link.is_symlink()
        assert target.read_bytes() == b"new"
        assert list(target.parent.iterdir()) == [target]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("missing/file", "No such file"),
            ("file/below", "Not a directory"),
            ("folder", "Is a directory"),
            ("pipe", "Not a regular file"),
            ("loop", "Too many levels of symbolic links"),
        ],
    )
    def test_where_no_file_can_be_is_refused(self, old: Path, name: str, words: str) -> None:
        (old.parent / "folder").mkdir()
        os.mkfifo(old.parent / "pipe")
        (old.parent / "loop").symlink_to("loop")
        before = set(old.parent.iterdir())
        with pytest.raises(OSError, match=words):
            write(old.parent / name)
        assert set(old.parent.iterdir()) == before


ARRAYS = {"a": np.arange(12.0).reshape(3, 4), "b": np.array(["text"]), "c": np.zeros(0, np.int8)}


def archive(compressed: bool) -> bytes:
    content = BytesIO()
    (np.savez_compressed if compressed else np.savez)(content, **ARRAYS)
    return content.getvalue()


def same(arrays: dict[str, np.ndarray]) -> bool:
    return arrays.keys() == ARRAYS.keys() and all(
        arrays[name].dtype == values.dtype and np.array_equal(arrays[name], values)
        for name, values in ARRAYS.items()
    )


def encrypted(data: bytes) -> bytes:
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + bytes([data[at] | 1]) + data[at + 1 :]


def of_objects() -> bytes:
    content = BytesIO()
    np.savez(content, a=np.array([{}], object))
    return content.getvalue()


def one_array() -> bytes:
    content = BytesIO()
    np.save(content, np.zeros(3))
    return content.getvalue()


def no_arrays() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("a", "text")
    return content.getvalue()


class TestReadingArrays:
    @pytest.mark.parametrize("compressed", [True, False])
    def test_what_numpy_wrote_is_read(self, tmp_path: Path, compressed: bool) -> None:
        (tmp_path / "file").write_bytes(archive(compressed))
        assert same(read_arrays(tmp_path / "file", "a", "c"))

    def test_what_is_lacking_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(archive(compressed=False))
        with pytest.raises(ArchiveError, match="it lacks d, e"):
            read_arrays(tmp_path / "file", "a", "d", "e")

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"text", id="text"),
            pytest.param(archive(compressed=True)[:-30], id="cut"),
            pytest.param(encrypted(archive(compressed=False)), id="encrypted"),
            pytest.param(of_objects(), id="objects"),
            pytest.param(one_array(), id="one array"),
            pytest.param(no_arrays(), id="no arrays"),
        ],
    )
    def test_another_file_is_refused_in_words_of_its_user(
        self, tmp_path: Path, data: bytes
    ) -> None:
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(ArchiveError, match=r"no \.npz file of plain arrays, or a damaged one"):
            read_arrays(tmp_path / "file")

    @pytest.mark.parametrize("name", ["missing", "folder"])
    def test_what_cannot_be_read_is_an_error_of_the_system(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(OSError, match=name):
            read_arrays(tmp_path / name)

    @given(compressed=st.booleans(), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
    def test_a_flipped_bit_is_noticed_or_harmless(
        self, tmp_path_factory: pytest.TempPathFactory, compressed: bool, place: float, bit: int
    ) -> None:
        data = bytearray(archive(compressed))
        data[int(place * len(data))] ^= 1 << bit
        path = tmp_path_factory.getbasetemp() / "flipped"
        path.write_bytes(data)
        try:
            found = read_arrays(path, *ARRAYS)
        except ArchiveError:
            return
        assert same(found)
