"""Which of many networks overlap, without comparing each with each."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import TypeVar

T = TypeVar("T")


def nested(
    networks: Iterable[tuple[IPv4Network, T]],
) -> Iterator[tuple[tuple[IPv4Network, T], list[tuple[IPv4Network, T]]]]:
    """Each network that lies in others or equals one before it, with those, the narrowest last.

    Two networks overlap only when one lies in the other, so that one pass over the networks in
    order of their first addresses, wide before narrow, meets every pair.
    """
    around: list[tuple[IPv4Network, T]] = []
    ordered = sorted(
        networks, key=lambda found: (int(found[0].network_address), found[0].prefixlen)
    )
    for item in ordered:
        while around and not item[0].subnet_of(around[-1][0]):
            around.pop()
        if around:
            yield item, list(around)
        around.append(item)
