"""NixOS's own firewall table: its rules by option, and nft's judgement of all of it."""

from pathlib import Path

import pytest

from sovereign.rehearse.render.nixos_firewall import (
    TABLE,
    Firewall,
    Ports,
    Table,
    content,
    deletions,
    rules,
)
from sovereign.run import run

STRICT = "fib saddr . mark . iif oif exists accept"
CASES = {
    "ports of an interface, sorted and each once": (
        Firewall(interfaces={"data": Ports(tcp=(5432, 445, 445), udp=(53,))}),
        ["iifname data tcp dport { 445, 5432 } accept", "iifname data udp dport { 53 } accept"],
        ["forward-allow"],
    ),
    "ports and ranges everywhere": (
        Firewall(anywhere=Ports(tcp=(22,), udp_ranges=((60000, 61000),))),
        ["  tcp dport { 22 } accept", "  udp dport { 60000-61000 } accept"],
        ["iifname default"],
    ),
    "replies go back the way that packets came": (Firewall(), [STRICT], []),
    "the same, in its own word": (Firewall(check_reverse_path="strict"), [STRICT], []),
    "replies go back by some way": (
        Firewall(check_reverse_path="loose"),
        ["fib saddr . mark oif exists accept"],
        [STRICT],
    ),
    "no check of the way back": (
        Firewall(check_reverse_path=False),
        ["chain rpfilter-allow"],
        ["chain rpfilter {", "fib"],
    ),
    "forwarding is filtered": (
        Firewall(filter_forward=True, extra_forward='iifname "a" accept'),
        ["chain forward {", "policy drop;", '  iifname "a" accept'],
        [],
    ),
    "pings are answered seldom": (
        Firewall(ping_limit="2/second"),
        ["icmp type echo-request limit rate 2/second accept"],
        [],
    ),
    "pings are not answered": (Firewall(allow_ping=False), [], ["echo-request"]),
    "who is trusted": (Firewall(trusted=("lo", "lan")), ['iifname { "lo", "lan" } accept'], []),
    "refused packets are answered and told": (
        Firewall(reject=True, log_connections=True),
        ["meta l4proto tcp reject with tcp reset", 'log level info prefix "refused connection: "'],
        [],
    ),
    "rules of one's own": (
        Firewall(extra_input="tcp dport 1 accept", extra_reverse_path="tcp dport 2 accept"),
        ["  tcp dport 1 accept", "  tcp dport 2 accept"],
        [],
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Firewall, list[str], list[str]]:
    return CASES[request.param]


def test_an_option_has_its_rules(case: tuple[Firewall, list[str], list[str]]) -> None:
    firewall, there, absent = case
    text = content(firewall)
    assert [one for one in there if one not in text] == []
    assert [one for one in absent if one in text] == []


@pytest.mark.usefixtures("kernel")
def test_nft_takes_what_an_option_makes(
    case: tuple[Firewall, list[str], list[str]], tmp_path: Path
) -> None:
    file = tmp_path / "rules.nft"
    own = Table(TABLE, "inet", content(case[0]))
    other = Table("zones", "inet", "chain forward {\n}\n")
    current, previous = tmp_path / "current.nft", tmp_path / "previous.nft"
    current.write_text(deletions([own, other]), "utf-8")
    previous.write_text("", "utf-8")
    text = rules([other, own], "", previous=str(previous), current=str(current))
    file.write_text(text, "utf-8")
    run(("unshare", "--net", "nft", "--check", "--file", file))
    # twice: the second time there is something to delete
    run(("unshare", "--net", "sh", "-ec", 'nft -f "$1"; nft -f "$1"', "sh", file))


def test_a_table_is_wrapped_and_not_changed() -> None:
    held = "# ours\nchain forward {\n\ttype filter hook forward priority 0;\n}\n"
    text = rules([Table("zones", "inet", held)], "", previous="/a", current="/b")
    assert f"table inet zones {{\n  {held}\n}}\n" in text
    assert text.index('include "/a"') < text.index('include "/b"') < text.index("table inet zones")
