"""Merkle trees as in RFC 9162, section 2.1 (those of RFC 6962): roots, proofs and their verification.

A tree is read through a `Node`, which gives the hash of a complete subtree: that of the 2**level leaves
from index * 2**level on. The hashes of complete subtrees never change, so they can be kept in a file
that only grows: in the order in which they come to be, a leaf's hash followed by those of the subtrees
that it completes (R. Cox, Transparent Logs for Skeptical Clients, 2019).

Hashes are 32 bytes. An append and a proof read and make O(log n) of them.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
"""The hash of a complete subtree, by level (leaves are 0) and index there."""

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf with these bytes."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return sha256(b"\1" + left + right).digest()


def position(level: int, index: int) -> int:
    """Where the hash of a complete subtree stands in the order in which they come to be."""
    last = ((index + 1) << level) - 1  # its last leaf completes it
    return stored(last) + level


def stored(size: int) -> int:
    """How many complete subtrees a tree of `size` leaves has."""
    return 2 * size - size.bit_count()


class Edge:
    """The right edge of a tree: the roots of the complete subtrees that it falls into, largest first."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int, node: Node) -> None:
        """The edge of a tree of `size` leaves, read through `node`."""
        self.size = size
        self._roots: list[bytes] = []
        first = 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                self._roots.append(node(level, first >> level))
                first += 1 << level

    @classmethod
    def empty(cls) -> "Edge":
        """The edge of a tree without leaves."""
        return cls(0, _nothing)

    def push(self, leaf: bytes) -> list[bytes]:
        """Add a leaf's hash; the hashes to store: it, and those of the subtrees that it completes."""
        new = [leaf]
        rest = self.size
        while rest & 1:
            new.append(node_hash(self._roots.pop(), new[-1]))
            rest >>= 1
        self._roots.append(new[-1])
        self.size += 1
        return new

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self._roots:
            return EMPTY
        *lefts, root = self._roots
        for left in reversed(lefts):
            root = node_hash(left, root)
        return root


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The path of leaf `index` in the tree of the first `size` leaves, from the leaf up (2.1.3.1)."""
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(_root(middle, last, node))
            last = middle
        else:
            path.append(_root(first, middle, node))
            first = middle
    return path[::-1]


def consistency(first: int, second: int, node: Node) -> list[bytes]:
    """The proof that a tree of `second` leaves begins with that of `first` leaves (2.1.4.1).

    It is empty for first = 0, which any tree begins with.
    """
    if first == 0:
        return []
    path: list[bytes] = []
    low, high = 0, second
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_root(middle, high, node))
            high = middle
        else:
            path.append(_root(low, middle, node))
            low = middle
    if low:
        path.append(_root(low, high, node))
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` shows that a leaf's hash is at `index` in the tree of this root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(each, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def extends(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether `path` shows that the second tree begins with the first (2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY
    rest = list(path)
    if first & (first - 1) == 0:
        rest.insert(0, first_root)
    if not rest:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = rest[0]
    for each in rest[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(each, old), node_hash(each, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, each)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _nothing(level: int, index: int) -> bytes:
    raise IndexError(f"a tree without leaves has no subtree {index} of level {level}")


def _split(width: int) -> int:
    """The largest power of two below `width`, which is at least 2."""
    return 1 << (width - 1).bit_length() - 1


def _root(first: int, last: int, node: Node) -> bytes:
    """The root over leaves first … last - 1, where `first` is a multiple of what splits are made of."""
    width = last - first
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, first >> level)
    middle = first + _split(width)
    return node_hash(_root(first, middle, node), _root(middle, last, node))
