"""Binary hypervectors, compared, bound, bundled and searched by a C kernel.

The binary spatter code (Kanerva 1997, "Fully Distributed Representation"): 10,000 random bits stand
for a thing; XOR binds two, the majority bundles many, rotation orders them, and the number of bits in
which two differ (Hamming distance) tells whether they have to do with each other.
"""

from emily.instinct.hdc.bundling import Counters, bundle, bundle_groups, bundle_products, ties
from emily.instinct.hdc.classifier import Classifier
from emily.instinct.hdc.codebook import Codebook
from emily.instinct.hdc.errors import (
    DimensionError,
    HdcError,
    IdError,
    KernelError,
    MemoryFileError,
    ReadOnlyError,
    ShapeError,
)
from emily.instinct.hdc.matches import Matches
from emily.instinct.hdc.memory import ItemMemory
from emily.instinct.hdc.packing import DIM
from emily.instinct.hdc.record import RecordEncoder
from emily.instinct.hdc.scalars import (
    CircularEncoder,
    LevelEncoder,
    ScalarEncoder,
    circular,
    levels,
)
from emily.instinct.hdc.sequence import NGramEncoder
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

__all__ = [
    "DIM",
    "CircularEncoder",
    "Classifier",
    "Codebook",
    "Counters",
    "DimensionError",
    "HdcError",
    "Hypervector",
    "Hypervectors",
    "IdError",
    "ItemMemory",
    "KernelError",
    "LevelEncoder",
    "Matches",
    "MemoryFileError",
    "NGramEncoder",
    "ReadOnlyError",
    "RecordEncoder",
    "ScalarEncoder",
    "ShapeError",
    "bundle",
    "bundle_groups",
    "bundle_products",
    "circular",
    "levels",
    "ties",
]
