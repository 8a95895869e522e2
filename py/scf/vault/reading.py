"""Fossils read from shards by where they are, each shard in one pass."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from scf.batcher.shards import frames
from scf.contracts.dataset import ShardRef
from scf.contracts.fossil import Fossil
from scf.vault.catalogue import Catalogue

Place = tuple[int, int]
"""A shard's number and a line of it, from 0."""


def lines(path: Path, ref: ShardRef) -> Iterator[bytes]:
    """The lines of a shard. Raises ShardError, UnreadableError."""
    for frame in frames(path, ref):
        yield from frame.raw[:-1].split(b"\n")


def fossils(folder: Path, catalogue: Catalogue, places: Iterable[Place]) -> Iterator[Fossil]:
    """The fossils at these places, in the order of the vault. Raises ShardError, UnreadableError."""
    for seq, group in groupby(sorted(set(places)), key=lambda place: place[0]):
        ref = catalogue.shard(seq)
        wanted = [line for _, line in group]
        for number, line in _picked(folder / ref.name, ref, wanted):
            yield Fossil.parse(line, source=f"{ref.name}, line {number + 1}")


def _picked(path: Path, ref: ShardRef, wanted: list[int]) -> Iterator[tuple[int, bytes]]:
    begin = at = 0
    for frame in frames(path, ref):
        end = begin + frame.raw.count(b"\n")
        if wanted[at] < end:
            rows = frame.raw.split(b"\n")
            while wanted[at] < end:
                yield wanted[at], rows[wanted[at] - begin]
                at += 1
                if at == len(wanted):
                    return
        begin = end
