"""Operations on one or two vectors, where the call itself is most of the time.

Each library's are expressions, timed as its user writes them and not through a function of ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from bench.hdc.data import DIM, WORDS, Bits, Words, bits
from bench.hdc.peers import bhv, hdlib, holovec, pyhdc, torchhd
from bench.hdc.peers.numkong import Numkong
from bench.hdc.peers.protocol import load
from bench.hdc.peers.simsimd import Simsimd
from bench.hdc.peers.torch import Tensor

SHIFT = 777


@dataclass(frozen=True, slots=True)
class Pair:
    """A library's expressions over two vectors `a` and `b`, by what they do.

    `read` tells the bits of a result, of which `dim` count, and `number` a distance.
    """

    library: str
    names: Mapping[str, object]
    expressions: Mapping[str, str]
    read: Callable[[object], Bits]
    number: Callable[[object], int] = field(default=lambda found: int(cast("float", found)))
    dim: int = DIM


def unpack(found: object) -> Bits:
    """Words or bytes as booleans."""
    data = np.ascontiguousarray(np.asarray(found)).view(np.uint8).reshape(-1)
    return np.unpackbits(data, count=DIM, bitorder="little").view(np.bool_)


def _numpy(rows: Words) -> Pair:
    a, b = rows[0, :WORDS], rows[1, :WORDS]
    names = {
        "a": a,
        "b": b,
        "out": np.empty_like(a),
        "xor": np.bitwise_xor,
        "count": np.bitwise_count,
    }
    return Pair(
        "numpy", names, {"distance": "count(a ^ b).sum()", "bind": "xor(a, b, out)"}, unpack
    )


def _numpy_bits(rows: Words) -> Pair:
    a, b = bits(rows[:2])
    names = {"a": a, "b": b, "roll": np.roll}
    return Pair("numpy", names, {"permute": f"roll(a, {SHIFT})"}, np.asarray)


def _numkong(rows: Words) -> Pair:
    a, b = rows[:2].view(np.uint8)
    names = {"a": a, "b": b, "hamming": cast("Numkong", load("numkong")).hamming}
    return Pair("numkong", names, {"distance": "hamming(a, b, 'uint1')"}, unpack)


def _simsimd(rows: Words) -> Pair:
    a, b = rows[:2].view(np.uint8)
    names = {"a": a, "b": b, "hamming": cast("Simsimd", load("simsimd")).hamming}
    return Pair("simsimd", names, {"distance": "hamming(a, b, 'bin8')"}, unpack)


def _bhv(rows: Words) -> Pair:
    a, b = bhv.vectors(rows[:2])

    def read(found: object) -> Bits:
        packed = np.frombuffer(cast("bhv.Vector", found).to_bytes(), np.uint8)
        return np.unpackbits(packed, bitorder="little").view(np.bool_)

    expressions = {
        "distance": "a.hamming(b)",
        "bind": "a ^ b",
        "permute": f"a.roll_bits({SHIFT})",
    }
    return Pair("bhv", {"a": a, "b": b}, expressions, read, dim=bhv.BITS)


def _torchhd(rows: Words) -> Pair:
    a, b = (torchhd.vectors(row) for row in bits(rows[:2]))

    def read(found: object) -> Bits:
        return np.asarray(cast("Tensor", found).numpy(), np.bool_)

    def number(found: object) -> int:
        return DIM - int(cast("Tensor", found).numpy())

    names = {"a": a, "b": b, "similarity": torchhd.functional().hamming_similarity}
    expressions = {
        "distance": "similarity(a, b)",
        "bind": "a.bind(b)",
        "permute": f"a.permute({SHIFT})",
    }
    return Pair("torchhd", names, expressions, read, number)


def _hdlib(rows: Words) -> Pair:
    a, b = (hdlib.vector(row, number) for number, row in enumerate(bits(rows[:2])))

    def read(found: object) -> Bits:
        return np.asarray(cast("hdlib.Vector", found).vector, np.bool_)

    operations = hdlib.arithmetic()
    names = {"a": a, "b": b, "bind": operations.bind, "permute": operations.permute}
    expressions = {
        "distance": "a.dist(b, method='hamming')",
        "bind": "bind(a, b)",
        "permute": f"permute(a, rotate_by={SHIFT})",
    }
    return Pair("hdlib", names, expressions, read)


def _holovec(rows: Words) -> Pair:
    a, b = holovec.vectors(bits(rows[:2]))
    model = holovec.model()
    return Pair(
        "holovec",
        {"a": a, "b": b, "model": model},
        {"bind": "model.bind(a, b)", "permute": f"model.permute(a, {SHIFT})"},
        lambda found: np.asarray(found) != 0,
    )


def _pyhdc(rows: Words) -> Pair:
    a, b = pyhdc.vectors(bits(rows[:2]))
    return Pair(
        "pyhdc",
        {"a": a, "b": b},
        {"bind": "a.bind(b)", "permute": f"a.permute({SHIFT})"},
        lambda found: cast("pyhdc.Vector", found).data != 0,
    )


PAIRS: Mapping[str, Callable[[Words], Pair]] = {
    "numkong": _numkong,
    "simsimd": _simsimd,
    "bhv": _bhv,
    "numpy": _numpy,
    "numpy booleans": _numpy_bits,
    "torchhd": _torchhd,
    "hdlib": _hdlib,
    "holovec": _holovec,
    "pyhdc": _pyhdc,
}
