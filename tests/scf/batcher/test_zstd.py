"""The frames that are found without decompressing are those that zstd finds by decompressing."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from tempfile import TemporaryFile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from scf.batcher.zstd import MAX_RAW, Extent, MalformedError, OversizeError, extents

CONTENT = st.one_of(
    st.binary(max_size=2000),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=9), st.integers(1, 90_000)),
    st.integers(0, 300_000).map(lambda size: Random(size).randbytes(size)),
)  # fmt: skip


@contextmanager
def opened(data: bytes) -> Iterator[int]:
    with TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.fileno()


def compressed(content: bytes, level: int = 3, *, checksum: bool = True) -> bytes:
    return zstandard.ZstdCompressor(level=level, write_checksum=checksum).compress(content)


@given(st.lists(CONTENT, max_size=4), st.integers(-3, 12), st.booleans())
def test_each_frame_is_found(contents: list[bytes], level: int, checksum: bool) -> None:
    packed = [compressed(content, level, checksum=checksum) for content in contents]
    with opened(b"".join(packed)) as fd:
        found = list(extents(fd, 0, sum(map(len, packed))))
    offsets = [sum(map(len, packed[:index])) for index in range(len(packed))]
    sizes = [(len(one), len(content)) for one, content in zip(packed, contents, strict=True)]
    assert found == [Extent(at, size, raw) for at, (size, raw) in zip(offsets, sizes, strict=True)]


@given(CONTENT, st.data())
def test_a_frame_that_is_cut_off_is_refused(content: bytes, data: st.DataObject) -> None:
    packed = compressed(content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with opened(packed[:cut]) as fd, pytest.raises(MalformedError):
        list(extents(fd, 0, cut))


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_refused_or_are_frames(data: bytes) -> None:
    magic = b"\x28\xb5\x2f\xfd"
    with opened(magic + data) as fd:
        try:
            found = list(extents(fd, 0, len(magic + data)))
        except MalformedError:
            return
    assert sum(extent.size for extent in found) == len(magic + data)
    assert all(extent.raw <= MAX_RAW for extent in found)


def without_size() -> bytes:
    return zstandard.ZstdCompressor(write_content_size=False).compress(b"text" * 100)


def with_dictionary() -> bytes:
    words = zstandard.ZstdCompressionDict(
        b"dictionary" * 50, dict_type=zstandard.DICT_TYPE_RAWCONTENT
    )
    packed = bytearray(zstandard.ZstdCompressor(dict_data=words).compress(b"text"))
    packed[4] |= 1  # the header says that it names a dictionary
    return bytes(packed)


def of_empty_blocks() -> bytes:
    # a header that declares one byte, then more and more blocks that hold nothing
    return b"\x28\xb5\x2f\xfd" + b"\x20\x01" + b"\x00\x00\x00" * 5000


REFUSED = {
    "no frame": (b"{}\n" * 9, MalformedError, "no zstd frame begins here"),
    "a skippable frame": (b"\x50\x2a\x4d\x18" + bytes(40), MalformedError, "no zstd frame"),
    "no size": (without_size(), MalformedError, "does not say how much it holds"),
    "a dictionary": (with_dictionary(), MalformedError, "dictionary"),
    "a reserved block": (
        b"\x28\xb5\x2f\xfd\x20\x01\x07\x00\x00" + bytes(20),
        MalformedError,
        "block",
    ),
    "too large": (compressed(bytes(MAX_RAW + 1)), OversizeError, "8388609 bytes"),
    "endless": (of_empty_blocks(), OversizeError, "more compressed bytes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    data, kind, reason = REFUSED[case]
    good = compressed(b"good\n")
    with opened(good + data) as fd:
        walk = extents(fd, 0, len(good + data))
        assert next(walk).raw == 5
        with pytest.raises(kind, match=reason) as caught:
            next(walk)
    assert caught.value.offset == len(good)
