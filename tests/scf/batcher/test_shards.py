"""Shards: written the same each time, read whole, refused where they are not what they are said to be."""

import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.scf.batcher_shards import line, shard

from scf.batcher.errors import (
    CidError,
    FrameError,
    LineError,
    ShardError,
    SizeError,
    UnreadableError,
)
from scf.batcher.shards import FRAME, MAX_LINE, frames, verify, write_shard
from scf.cid import cid_of
from scf.contracts.dataset import ShardRef
from scf.errors import RefusedError

LINES = st.lists(st.binary(min_size=1, max_size=300).map(lambda b: b.replace(b"\n", b" ")))


@given(LINES, st.integers(1, 2000))
def test_written_bytes_depend_on_the_lines_alone_and_hold_them(
    lines: list[bytes], frame: int
) -> None:
    first, second = BytesIO(), BytesIO()
    written = write_shard(first, lines, frame=frame)
    assert write_shard(second, iter(lines), frame=frame) == written
    assert first.getvalue() == second.getvalue()
    assert written.cid == cid_of(first.getvalue())
    assert written.bytes == len(first.getvalue())
    assert written.records == len(lines)
    raw = (
        zstandard.ZstdDecompressor().stream_reader(first.getvalue(), read_across_frames=True).read()
    )
    assert raw == b"".join(each + b"\n" for each in lines)
    assert written.raw_bytes == len(raw)


def test_frames_are_whole_lines_of_about_a_mebibyte_that_can_be_begun_at(tmp_path: Path) -> None:
    lines = [b"%d" % number * 50 for number in range(10_000)]
    ref = shard(path := tmp_path / "a.zst", lines)
    found = list(frames(path, ref))
    assert b"".join(frame.raw for frame in found) == b"".join(each + b"\n" for each in lines)
    assert len(found) == 2
    assert FRAME <= len(found[0].raw) < FRAME + 300
    for index, frame in enumerate(found):
        assert list(frames(path, ref, frame.offset)) == found[index:]


@pytest.mark.parametrize("bad", [b"", b"two\nlines", b"x" * (MAX_LINE + 1)])
def test_no_line_is_written_that_would_be_refused(bad: bytes) -> None:
    with pytest.raises(LineError, match="line 2 is empty, too long or two lines"):
        write_shard(BytesIO(), [b"good", bad])


def compressed(raw: bytes, *, checksum: bool = True, size: bool = True) -> bytes:
    compressor = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=size)
    return compressor.compress(raw)


GOOD = compressed(b'{"n":1}\n{"n":2}\n')


def flipped(at: int) -> bytes:
    packed = bytearray(compressed(b"%d\n" % 12345678901234567890))
    packed[at] ^= 0x10
    return bytes(packed)


SECOND_FRAMES = {
    "garbage": (b"garbage, not zstd", FrameError, "no zstd frame"),
    "one byte": (b"\x28", FrameError, "no zstd frame"),
    "cut off": (GOOD[:-1], FrameError, "cut off"),
    "damaged content": (flipped(9), FrameError, "damaged"),
    "damaged checksum": (flipped(-1), FrameError, "damaged"),
    "no content size": (compressed(b"1\n", size=False), FrameError, "does not say"),
    "no bytes": (compressed(b""), LineError, "no end"),
    "no final newline": (compressed(b"1\n2"), LineError, "no end"),
    "an empty line": (compressed(b"1\n\n2\n"), LineError, "empty line"),
    "an empty first line": (compressed(b"\n2\n"), LineError, "empty line"),
    "a long line": (compressed(b"x" * (MAX_LINE + 1) + b"\n"), LineError, "more than 4194304"),
    "a bomb": (compressed(bytes(64 << 20)), SizeError, "67108864 bytes; at most 8388608"),
    "frames without end": (compressed(b"1\n") * 2000, SizeError, "more than 1024 frames"),
}


@pytest.mark.parametrize("case", SECOND_FRAMES)
def test_a_bad_frame_is_refused_at_its_offset_after_those_before_it(
    tmp_path: Path, case: str
) -> None:
    data, kind, reason = SECOND_FRAMES[case]
    (path := tmp_path / "bad.zst").write_bytes(GOOD + data)
    raw = 16 + _declared(data)
    ref = ShardRef(
        name="bad.zst", cid=cid_of(GOOD + data), records=9, bytes=len(GOOD + data), raw_bytes=raw
    )
    reading = frames(path, ref)
    assert next(reading).raw == b'{"n":1}\n{"n":2}\n'
    with pytest.raises(kind, match=reason) as caught:
        list(reading)
    assert issubclass(kind, RefusedError)
    assert caught.value.shard == "bad.zst"
    at = len(GOOD) + (1023 * len(compressed(b"1\n")) if case == "frames without end" else 0)
    assert caught.value.offset == at
    assert f"bad.zst, byte {at}: " in caught.value.message


def _declared(data: bytes) -> int:
    try:
        return max(zstandard.frame_content_size(data), 0) + 4000
    except zstandard.ZstdError:
        return 4000


LIES: dict[str, tuple[Callable[[ShardRef], ShardRef], type[ShardError], str]] = {
    "fewer bytes": (lambda r: r.model_copy(update={"bytes": r.bytes - 1}), SizeError, "a file of"),
    "more bytes": (lambda r: r.model_copy(update={"bytes": r.bytes + 1}), SizeError, "a file of"),
    "fewer raw bytes": (lambda r: r.model_copy(update={"raw_bytes": 20}), SizeError, "more than the 20"),
    "more raw bytes": (lambda r: r.model_copy(update={"raw_bytes": 9999}), SizeError, "instead of 9999"),
    "fewer records": (lambda r: r.model_copy(update={"records": 2}), SizeError, "3 records instead of 2"),
    "more records": (lambda r: r.model_copy(update={"records": 4}), SizeError, "3 records instead of 4"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_shard_holds_what_its_reference_says(tmp_path: Path, lie: str) -> None:
    change, kind, reason = LIES[lie]
    ref = shard(path := tmp_path / "a.zst", map(line, (1, 2, 3)), frame=1)
    assert len(list(frames(path, ref))) == 3
    with pytest.raises(kind, match=reason):
        list(frames(path, change(ref)))


def test_a_bomb_is_refused_before_memory_is_spent(tmp_path: Path) -> None:
    data = GOOD + compressed(bytes(64 << 20))
    (path := tmp_path / "bomb.zst").write_bytes(data)
    ref = ShardRef(name="bomb.zst", cid=cid_of(data), records=1, bytes=len(data), raw_bytes=1 << 40)
    tracemalloc.start()
    try:
        with pytest.raises(SizeError):
            list(frames(path, ref))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_bytes_that_the_cid_does_not_name_are_refused(tmp_path: Path) -> None:
    ref = shard(path := tmp_path / "a.zst", map(line, range(100)))
    verify(path, ref)
    other = cid_of(b"other")
    with pytest.raises(CidError, match=f"its CID is {ref.cid}, not {other}"):
        verify(path, ref.model_copy(update={"cid": other}))


def test_a_shard_that_is_missing_is_not_called_damaged(tmp_path: Path) -> None:
    ref = shard(path := tmp_path / "a.zst", map(line, range(3)))
    path.unlink()
    with pytest.raises(UnreadableError, match=r"a\.zst: No such file"):
        list(frames(path, ref))
    assert not issubclass(UnreadableError, RefusedError)
