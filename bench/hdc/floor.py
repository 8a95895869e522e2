"""The floors: nobody reads faster than memory gives, nobody computes faster than the core.

A read floor is the better of plainly reading the bytes and of the fused xor, popcount and add over
them. A compute floor is the better of that arithmetic's rate over a block in L1 and of the port
model: three vector operations for every 64 bytes, at as many as the core was seen to start in a
cycle. Everything is measured in the process whose figures it stands beside.
"""

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, cast

import cffi
from bench.hdc.data import Words, aligned
from bench.hdc.machine import has_vector_popcount
from bench.hdc.race import Entrant

LINE = 64  # bytes
OPERATIONS = 3  # xor, popcount and add, for a line
BLOCK = 13  # rows of 20 lines: 16,640 bytes, in every L1
TIMES = 100
STEPS = 100_000
DECLARATIONS = """
    uint64_t floor_read(const void *bytes, size_t lines);
    uint64_t floor_scan(const void *bytes, size_t lines, uint64_t times);
    uint64_t floor_chain(uint64_t steps);
"""


class Pointer(Protocol):
    """An address, as cffi holds it."""


class _Lib(Protocol):
    def floor_read(self, data: Pointer, lines: int, /) -> int: ...
    def floor_scan(self, data: Pointer, lines: int, times: int, /) -> int: ...
    def floor_chain(self, steps: int, /) -> int: ...


class _Ffi(Protocol):
    def from_buffer(self, kind: str, array: Words, /) -> Pointer: ...


@dataclass(frozen=True, slots=True)
class _Built:
    lib: _Lib
    ffi: _Ffi


def read(rows: Words, who: str = "read floor") -> list[Entrant]:
    """Reading all these bytes once, both ways."""
    built = _built()
    data, lines, lib = built.ffi.from_buffer("char[]", rows), rows.nbytes // LINE, built.lib

    def plain(count: int) -> None:
        for _ in range(count):
            lib.floor_read(data, lines)

    def fused(count: int) -> None:
        for _ in range(count):
            lib.floor_scan(data, lines, 1)

    return [
        Entrant(f"{who}: plain", "floor", "floor", plain),
        Entrant(f"{who}: xor, popcount, add", "floor", "floor", fused),
    ]


def compute(lines: int) -> list[Entrant]:
    """The arithmetic of distances over so many lines: the rate in L1, and the port model."""
    built = _built()
    block = aligned(BLOCK)
    lib, data, held = built.lib, built.ffi.from_buffer("char[]", block), block.nbytes // LINE

    def rate(count: int) -> None:
        for _ in range(count):
            lib.floor_scan(data, held, TIMES)

    def chain(count: int) -> None:
        for _ in range(count):
            lib.floor_chain(STEPS)

    measured = Entrant(
        "compute floor: xor, popcount, add in L1",
        "floor",
        "floor",
        rate,
        scale=lines / (held * TIMES),
    )
    if not has_vector_popcount():
        return [measured]
    cycles = _best(lambda: rate(1)) / (held * TIMES) / (_best(lambda: chain(1)) / STEPS)
    ports = round(OPERATIONS / cycles)
    model = Entrant(
        f"compute floor: {ports} vector operations a cycle",
        "floor",
        "floor",
        chain,
        scale=lines * OPERATIONS / ports / STEPS,
    )
    return [measured, model]


def clock() -> float:
    """Cycles per second, by a chain of additions that wait for each other."""
    return STEPS / _best(lambda: _built().lib.floor_chain(STEPS))


def _best(work: Callable[[], object], times: int = 50) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


@cache
def _built() -> _Built:
    """Compile floor.c for this very machine and load it."""
    builder = cffi.FFI()
    builder.cdef(DECLARATIONS)
    builder.set_source(
        "bench_hdc_floor",
        Path(__file__).with_name("floor.c").read_text("utf-8"),
        extra_compile_args=["-O3", "-march=native"],
    )
    with TemporaryDirectory() as folder:
        path = builder.compile(tmpdir=folder)
        spec = importlib.util.spec_from_file_location("bench_hdc_floor", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot load {path}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return _Built(cast("_Lib", module.lib), cast("_Ffi", module.ffi))
