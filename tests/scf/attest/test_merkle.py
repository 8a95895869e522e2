from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scf.attest import merkle

if TYPE_CHECKING:
    from pymerkle import InmemoryTree

# the test data of RFC 6962's reference implementation (google/certificate-transparency)
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = range(41)


def other_library(leaves: Sequence[bytes]) -> "InmemoryTree":
    tree = pytest.importorskip("pymerkle").InmemoryTree(algorithm="sha256")
    append = getattr(tree, "append_entry", None) or tree.append  # pymerkle 7, pymerkle 5
    for leaf in leaves:
        append(leaf)
    return tree


class Tree:
    """A tree with its hashes in memory."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = [merkle.leaf_hash(leaf) for leaf in leaves]
        self.hashes: list[bytes] = []
        edge = merkle.Edge.empty()
        self.roots = [edge.root()]
        for leaf in self.leaves:
            self.hashes += edge.push(leaf)
            self.roots.append(edge.root())

    def node(self, level: int, index: int) -> bytes:
        return self.hashes[merkle.position(level, index)]


def plain(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 9162, section 2.1.1, defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\1" + plain(leaves[:k]) + plain(leaves[k:])).digest()


FORTY = [b"leaf %d" % number for number in range(40)]
TREE = Tree(FORTY)


def test_roots_of_rfc_6962() -> None:
    assert tuple(root.hex() for root in Tree(LEAVES).roots) == ROOTS


@pytest.mark.parametrize("size", SIZES)
def test_a_root_is_as_defined(size: int) -> None:
    assert TREE.roots[size] == plain(FORTY[:size])
    assert merkle.Edge(size, TREE.node).root() == TREE.roots[size]


@pytest.mark.parametrize("size", SIZES[1:])  # its root of nothing is another
def test_a_root_is_as_another_library_has_it(size: int) -> None:
    assert TREE.roots[size] == other_library(FORTY[:size]).get_state()


def test_as_many_hashes_are_stored_as_there_are_complete_subtrees() -> None:
    for size in SIZES:
        complete = sum(size >> level for level in range(7))
        assert merkle.stored(size) == complete == len(Tree(FORTY[:size]).hashes)
    places = [merkle.position(level, index) for level in range(6) for index in range(40 >> level)]
    assert sorted(places) == list(range(merkle.stored(40)))


def altered(path: Sequence[bytes]) -> list[list[bytes]]:
    """Every path that is one byte, one hash or one exchange away."""
    some = list(path)
    found = [[*some, merkle.EMPTY], [merkle.EMPTY, *some]]
    found += [some[:place] + some[place + 1 :] for place in range(len(some))]
    for place, each in enumerate(some):
        for byte in range(32):
            wrong = bytes(b ^ (1 << byte % 8) if n == byte else b for n, b in enumerate(each))
            found.append([*some[:place], wrong, *some[place + 1 :]])
    for place in range(len(some) - 1):
        swapped = [*some[:place], some[place + 1], some[place], *some[place + 2 :]]
        found.append(swapped)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_holds_and_for_nothing_else(size: int) -> None:
    root = TREE.roots[size]
    assert not merkle.includes(TREE.leaves[0], 0, 0, [], merkle.EMPTY)
    for index in range(size):
        path = merkle.inclusion(index, size, TREE.node)
        leaf = TREE.leaves[index]
        assert merkle.includes(leaf, index, size, path, root)
        for other in range(-1, 42):
            if other != index:
                assert not merkle.includes(leaf, other, size, path, root)
            if 0 <= other < 40 and other != index:
                assert not merkle.includes(TREE.leaves[other], index, size, path, root)
            if other != size:
                # the same path may fit another size, never with that size's root
                assert not merkle.includes(leaf, index, other, path, TREE.roots[other % 41])
        assert not any(merkle.includes(leaf, index, size, wrong, root) for wrong in altered(path))


@pytest.mark.parametrize("second", SIZES)
def test_every_consistency_proof_holds_and_for_nothing_else(second: int) -> None:
    for first in range(second + 1):
        path = merkle.consistency(first, second, TREE.node)
        roots = TREE.roots[first], TREE.roots[second]
        assert merkle.extends(first, second, path, *roots)
        for wrong in altered(path):
            assert not merkle.extends(first, second, wrong, *roots)
        for other in range(41):
            if other != first:
                assert not merkle.extends(other, second, path, TREE.roots[other], roots[1]) or (
                    # what is empty begins everything, what is equal is itself
                    not path and other in (0, second)
                )
                assert not merkle.extends(first, second, path, TREE.roots[other], roots[1])
            if other != second and first > 0:
                assert not merkle.extends(first, second, path, roots[0], TREE.roots[other])
        assert not merkle.extends(second, first, path, *roots) or first == second


def test_all_proofs_are_those_of_another_library() -> None:
    other = other_library(FORTY)
    for size in range(1, 41):
        for index in range(size):
            theirs = other.prove_inclusion(index + 1, size)
            ours = merkle.inclusion(index, size, TREE.node)
            assert sorted(theirs.path) == sorted([TREE.leaves[index], *ours])
            assert theirs.resolve() == TREE.roots[size]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=300), st.data())
def test_any_tree(leaves: list[bytes], data: st.DataObject) -> None:
    tree = Tree(leaves)
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(0, size))
    assert tree.roots[size] == plain(leaves[:size])
    path = merkle.inclusion(index, size, tree.node)
    assert merkle.includes(tree.leaves[index], index, size, path, tree.roots[size])
    assert len(path) <= size.bit_length()
    proof = merkle.consistency(first, size, tree.node)
    assert merkle.extends(first, size, proof, tree.roots[first], tree.roots[size])


@given(
    st.integers(0, 1 << 53), st.integers(0, 1 << 53), st.lists(st.binary(min_size=32, max_size=32))
)
def test_no_path_that_is_made_up_holds(index: int, size: int, path: list[bytes]) -> None:
    assert not merkle.includes(merkle.leaf_hash(b""), index, size, path, b"\0" * 32)
    if index != size:
        assert not merkle.extends(index, size, path, b"\1" * 32, b"\0" * 32)


def counted(node: merkle.Node) -> tuple[merkle.Node, Callable[[], int]]:
    calls: list[int] = []

    def counting(level: int, index: int) -> bytes:
        calls.append(level)
        return node(level, index)

    return counting, lambda: len(calls)


def test_a_million_leaves_take_few_hashes() -> None:
    """Of a tree of equal leaves every complete subtree of a level is the same: no million is needed."""
    levels = [merkle.leaf_hash(b"")]
    for _ in range(20):
        levels.append(merkle.node_hash(levels[-1], levels[-1]))
    size = 999_999
    node, calls = counted(lambda level, _index: levels[level])
    edge = merkle.Edge(size, node)
    assert calls() <= 20
    assert len(edge.push(levels[0])) == 1 + 6  # 999 999 ends in six ones
    path = merkle.inclusion(654_321, size, node)
    root = merkle.Edge(size, node).root()
    assert merkle.includes(levels[0], 654_321, size, path, root)
    assert len(path) <= 20
    assert calls() <= 100


def test_the_edge_grows_as_the_tree_does() -> None:
    edge = merkle.Edge(17, TREE.node)
    for size, leaf in enumerate(TREE.leaves[17:], 17):
        start, end = merkle.stored(size), merkle.stored(size + 1)
        assert edge.push(leaf) == TREE.hashes[start:end]
    assert edge.root() == TREE.roots[40]
    assert all(a != b for a, b in pairwise(TREE.roots))
