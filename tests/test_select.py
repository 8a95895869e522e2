"""Words that choose hosts."""

import pytest

from fleets import ROOT
from sovereign.errors import UsageError
from sovereign.inventory.host import Host
from sovereign.inventory.load import load
from sovereign.inventory.select import select

CHOSEN = [
    ([], "cloudlab web-1 web-2 edge"),
    (["cloudlab"], "cloudlab"),
    (["edge", "cloudlab"], "cloudlab edge"),
    (["edge,cloudlab"], "cloudlab edge"),
    (["web-*"], "web-1 web-2"),
    (["@gpu"], "cloudlab web-2"),
    (["@gpu,!cloudlab"], "web-2"),
    (["!web-*"], "cloudlab edge"),
    (["web-*", "!@gpu"], "web-1"),
    (["*,!@gpu,!edge"], "web-1"),
]


@pytest.fixture(scope="module")
def hosts() -> dict[str, Host]:
    host = load(ROOT).hosts["cloudlab"]

    def tagged(*tags: str) -> Host:
        return host.model_copy(update={"identity": host.identity.model_copy(update={"tags": tags})})

    return {
        "cloudlab": tagged("gpu", "storage"),
        "web-1": tagged(),
        "web-2": tagged("gpu"),
        "edge": tagged("small"),
    }


@pytest.mark.parametrize(("words", "expected"), CHOSEN)
def test_chooses_in_the_order_of_the_inventory(
    hosts: dict[str, Host], words: list[str], expected: str
) -> None:
    assert select(hosts, words) == tuple(expected.split())


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("clodlab", '"cloudlab"'),
        ("@gpus", '"@gpu"'),
        ("!wbe-1", '"web-1"'),
        ("zzz", "known: cloudlab"),
        ("", "known: cloudlab"),
        ("edge,", "known: cloudlab"),
    ],
)
def test_a_word_that_matches_nothing_is_refused(
    hosts: dict[str, Host], word: str, hint: str
) -> None:
    with pytest.raises(UsageError, match="no host matches") as caught:
        select(hosts, [word])
    assert hint in (caught.value.hint or "")


def test_a_fleet_without_hosts_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        select({}, ["cloudlab"])
    assert caught.value.hint == "known: none"
