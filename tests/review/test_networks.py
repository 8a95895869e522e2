"""Which of many networks overlap."""

from ipaddress import IPv4Network
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from sovereign.review.networks import nested

NETWORKS = st.lists(
    st.builds(
        lambda address, length: IPv4Network((address, length), strict=False),
        st.integers(0, 255).map(lambda last: (10 << 24) + last * 2**16),
        st.integers(4, 32),
    ),
    max_size=12,
)


@given(NETWORKS)
def test_every_pair_that_overlaps_is_met_once(networks: list[IPv4Network]) -> None:
    numbered = list(zip(networks, range(len(networks)), strict=True))
    met = [
        frozenset((inner[1], outer[1])) for inner, around in nested(numbered) for outer in around
    ]
    pairs = {frozenset((a, b)) for (x, a), (y, b) in combinations(numbered, 2) if x.overlaps(y)}
    assert set(met) == pairs
    assert len(met) == len(pairs)


@given(NETWORKS)
def test_the_inner_network_lies_in_those_around_it(networks: list[IPv4Network]) -> None:
    for (inner, _), around in nested((network, None) for network in networks):
        lengths = [outer.prefixlen for outer, _ in around]
        assert all(inner.subnet_of(outer) for outer, _ in around)
        assert lengths == sorted(lengths)
