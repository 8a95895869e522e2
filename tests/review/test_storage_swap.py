"""Swap that is small, lopsided or readable is found where it stands."""

import pytest

from review.cases import Case, assert_found
from review.conftest import Draft
from sovereign.review import storage_swap
from sovereign.units import Size

SWAP = 'members = ["nvme-a.swap", "nvme-b.swap"]'


CASES = (
    Case(
        storage_swap.enough_swap,
        SWAP.removeprefix("members = "),
        "2.0 GiB of swap for 128.0 GiB of memory",
        host=(
            (
                '{ name = "swap", type = "swap", size = "32GiB" }',
                '{ name = "swap", type = "swap", size = "1GiB" }',
            ),
        ),
    ),
    Case(
        storage_swap.swap_on_all,
        '["nvme-a.swap"]',
        "swap uses nvme-a.swap and not nvme-b.swap",
        host=((SWAP, 'members = ["nvme-a.swap"]'),),
    ),
    Case(
        storage_swap.encrypted_swap,
        '"none"',
        "in clear text",
        host=(('encryption = "random"', 'encryption = "none"'),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_found_where_it_stands(committed: Draft, case: Case) -> None:
    assert_found(case, committed)


def test_no_swap_at_all_is_small(committed: Draft) -> None:
    start = committed.texts["hosts/cloudlab/host.toml"].index("[storage.swap]")
    end = committed.texts["hosts/cloudlab/host.toml"].index("# The server's own pool")
    text = committed.texts["hosts/cloudlab/host.toml"][start:end]
    draft = committed.host(text, "")
    assert draft.finding(storage_swap.enough_swap).message.startswith("0 B of swap")


@pytest.mark.parametrize(
    ("memory", "swap"),
    [("1GiB", "2GiB"), ("2GiB", "4GiB"), ("4GiB", "4GiB"), ("8GiB", "8GiB"), ("64GiB", "4GiB")],
)
def test_swap_follows_red_hats_table(memory: str, swap: str) -> None:
    assert storage_swap.recommended_swap(Size.parse(memory)) == Size.parse(swap)
