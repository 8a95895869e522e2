"""The batcher beside plain readers of the same shards, and its memory over 10 GB.

All run on one thread, in turns, and are compared by CPU seconds, which other programs on the machine
disturb less than the clock; every reader must find the same records.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.util import find_spec
from math import fsum
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypedDict

import msgspec
import zstandard
from bench.emily.rows import Row
from bench.scf.batcher_child import Point, Sample
from bench.scf.batcher_data import RECORDS, repeated, write

from scf.batcher.batcher import Batcher
from scf.batcher.shards import Shard
from scf.contracts.dataset import Dataset

TURNS = 5
BUFFER = 4096
RAW_BYTES = 10_000_000_000
CHILD = Path(__file__).with_name("batcher_child.py")


class Verdict(msgspec.Struct, gc=False):
    """A fossil's verdict."""

    verifier: str
    passed: bool
    detail: str


class Whole(msgspec.Struct, gc=False):
    """A fossil with all that it has."""

    cid: str
    encoding: str
    content: Point
    media: str
    source: str
    parents: tuple[str, ...]
    verdict: Verdict


class Figures(TypedDict):
    """What a child prints."""

    records: int
    seconds: float
    first: int
    most: int


def rows() -> list[Row]:
    """Write shards, race the readers, then read 10 GB."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        dataset = write(folder)
        _check(dataset, folder)
        return [*_race(dataset, folder), *_stages(dataset, folder), *_children(dataset, folder)]


def decompressed(dataset: Dataset, folder: Path) -> Iterator[bytes]:
    """All shards, read and decompressed in order, a MiB at a time."""
    for ref in dataset.shards:
        with (folder / ref.name).open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            while block := reader.read(1 << 20):
                yield block


def plain(
    dataset: Dataset, folder: Path, loads: Callable[[bytes], object] = json.loads
) -> Iterator[object]:
    """The baseline: lines of a decompressed stream, parsed one by one, through a shuffle buffer."""
    random = Random(1)
    held: list[object] = []
    rest = b""
    for block in decompressed(dataset, folder):
        lines = (rest + block).splitlines(keepends=True)
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        for line in lines:
            record = loads(line)
            if len(held) < BUFFER:
                held.append(record)
                continue
            place = random.randrange(BUFFER)
            yield held[place]
            held[place] = record
    random.shuffle(held)
    yield from held


def _check(dataset: Dataset, folder: Path) -> None:
    """Raise AssertionError unless the records are the same, by an exact sum that knows no order."""
    wanted = fsum(_x(record) for record in plain(dataset, folder))
    for of in (Sample, Whole, dict, bytes):
        stream: Iterator[object] = iter(Batcher(dataset, folder, seed=1, of=of))
        if fsum(map(_x, stream)) != wanted:
            raise AssertionError(f"{of} gives other records")


def _x(record: object) -> float:
    if isinstance(record, Sample | Whole):
        return record.content.point.x
    found = json.loads(record) if isinstance(record, bytes) else record
    return float(msgspec.convert(found, Sample).content.point.x)


def _count(records: Iterable[object]) -> None:
    count = 0
    for _ in records:
        count += 1
    if count != RECORDS:
        raise AssertionError(f"{count} records")


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begin_s = time.process_time()
    work()
    return time.process_time() - begin_s


def _race(dataset: Dataset, folder: Path) -> list[Row]:
    def ours(of: type[object]) -> Callable[[], object]:
        return lambda: _count(Batcher(dataset, folder, seed=1, of=of))

    readers: dict[str, Callable[[], object]] = {
        "alone": lambda: sum(map(len, decompressed(dataset, folder))),
        "json": lambda: _count(plain(dataset, folder)),
        "Sample": ours(Sample),
        "Whole": ours(Whole),
        "dict": ours(dict),
        "bytes": ours(bytes),
    }
    if find_spec("orjson"):
        loads = __import__("orjson").loads
        readers["orjson"] = lambda: _count(plain(dataset, folder, loads))
    turns = [{name: _seconds(work) for name, work in readers.items()} for _ in range(TURNS)]

    def ratio(one: str, other: str) -> float:
        return median(turn[one] / turn[other] for turn in turns)

    def row(name: str, what: str) -> Row:
        seconds = median(turn[name] for turn in turns)
        figure = f"{RECORDS / seconds / 1e6:.2f} M/s, {seconds:.3f} s"
        return Row(what, f"{figure}, {ratio(name, 'alone'):.1f} x as long as reading alone")

    raw = sum(ref.raw_bytes for ref in dataset.shards)
    packed = sum(ref.bytes for ref in dataset.shards)
    typed, faster = ratio("Sample", "alone"), ratio("json", "Sample")
    sizes = f"{RECORDS} fossils of {raw / RECORDS:.0f} bytes, {raw / packed:.1f} : 1 compressed"
    return [
        row("alone", f"{sizes}: read and decompressed alone"),
        row("json", f"`json`, and a shuffle buffer of {BUFFER}"),
        *([row("orjson", "`orjson`, with the same buffer")] if "orjson" in readers else []),
        row("dict", "the batcher, as dicts"),
        row("Whole", "the batcher, as Structs with every field"),
        row("Sample", "the batcher, as Structs with the point"),
        row("bytes", "the batcher, as lines"),
        Row("Structs with the point, beside `json`", f"{faster:.1f} x", ">= 3 x", faster >= 3),
        Row("beside reading alone", f"{typed:.2f} x", "<= 1.5 x", typed <= 1.5),
    ]


def _stages(dataset: Dataset, folder: Path) -> list[Row]:
    """Where the time of Structs goes, each stage with those before it."""
    decoder = msgspec.json.Decoder(Sample)

    def walk(each: Callable[[bytes], object] | None) -> None:
        for ref in dataset.shards:
            with Shard.open(folder / ref.name, ref) as shard:
                for extent in shard.extents():
                    if each:
                        each(shard.read(extent))

    steps: dict[str, Callable[[], object]] = {
        "frame headers": partial(walk, None),
        "decompression": partial(walk, len),
        "decoding": partial(walk, decoder.decode_lines),
        "order, windows and the loop": lambda: _count(Batcher(dataset, folder, seed=1, of=Sample)),
    }
    gc.disable()  # as the batcher does while it decodes
    try:
        totals = [min(_seconds(work) for _ in range(TURNS)) for work in steps.values()]
    finally:
        gc.enable()
    parts = [now - before for now, before in zip(totals, [0.0, *totals], strict=False)]
    return [
        Row(f"of which {name}", f"{part * 1e3:.0f} ms")
        for name, part in zip(steps, parts, strict=True)
    ]


def _children(dataset: Dataset, folder: Path) -> list[Row]:
    alone = min(
        _seconds(lambda: sum(map(len, decompressed(dataset, folder)))) for _ in range(TURNS)
    )
    pair = [_child(folder, dataset, worker, 2) for worker in range(2)]
    if sum(each["records"] for each in pair) != RECORDS:
        raise AssertionError("two workers did not read each record once")
    slower = max(each["seconds"] for each in pair)
    long = repeated(dataset, folder, RAW_BYTES)
    found = _child(folder, long, 0, 1)
    if found["records"] != long.records:
        raise AssertionError(f"{found['records']} records instead of {long.records}")
    grown = (found["most"] - found["first"]) / 1e6
    raw = sum(ref.raw_bytes for ref in long.shards)
    rate = f"{raw / found['seconds'] / 1e6:.0f} MB/s"
    return [
        Row(
            "the slower of two workers, each with its half, beside reading all of it alone",
            f"{slower / alone:.2f} x",
        ),
        Row(
            f"memory (RSS) grown over {raw / 1e9:.1f} GB, {long.records} records, at {rate}",
            f"{grown:.1f} MB",
            "< 64 MB",
            grown < 64,
        ),
    ]


def _child(folder: Path, dataset: Dataset, worker: int, workers: int) -> Figures:
    (path := folder / "dataset.json").write_bytes(dataset.canonical())
    words = [sys.executable, str(CHILD), str(folder), str(path), str(worker), str(workers)]
    done = subprocess.run(words, check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=Figures)
