"""What holds for all rules: they can be cited, accept what is committed, and survive any numbers."""

import re

import pytest

from review.conftest import Draft, all_rules
from sovereign.diagnostics import Severity
from sovereign.inventory.locate import TomlPositions
from sovereign.review.rule import Rule
from sovereign.review.run import CODES, rules

RULES = all_rules()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_why_and_whence(rule: Rule) -> None:
    assert re.fullmatch("[A-Z]{2,4}[0-9]{3}", rule.code)
    assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+/\S*", rule.source)
    assert rule.why.endswith(".")
    assert 1 <= len(re.findall(r"[\w)%`][.](?: |$)", rule.why)) <= 3
    assert (rule.host_check is None) != (rule.fleet_check is None)
    assert rule.title
    assert not rule.title.endswith(".")


def test_every_rule_has_a_code_and_a_title_of_its_own() -> None:
    assert len({rule.title for rule in RULES}) == len(RULES)
    assert tuple(rules().values()) == RULES
    assert not set(rules()) & set(CODES)


def test_what_is_committed_has_no_error(committed: Draft) -> None:
    errors = [one for one in committed.findings() if one.severity is Severity.ERROR]
    assert errors == []


def sizes(text: str) -> list[str]:
    return sorted(set(re.findall(r'"[0-9]+[KMGT]?i?B"', text)))


@pytest.mark.parametrize("value", ['"0B"', '"1B"', '"7EiB"'])
def test_no_size_makes_a_rule_fail(committed: Draft, value: str) -> None:
    path = "hosts/cloudlab/host.toml"
    text = committed.texts[path]
    assert len(sizes(text)) > 10
    for size in [*sizes(text), '"rest"']:
        draft = Draft(committed.root, {**committed.texts, path: text.replace(size, value)})
        found = draft.findings()
        positions = TomlPositions(draft.texts[path])
        assert all(one.message and positions.nearest(one.at) for one in found)


@pytest.mark.parametrize("table", ["arrays.nix", "swap", "pools.rpool", "pools.ember"])
def test_rules_cope_with_what_is_absent(committed: Draft, table: str) -> None:
    path = "hosts/cloudlab/host.toml"
    text = committed.texts[path]
    pattern = rf"\[storage\.{re.escape(table)}[].].*?(?=\n\[(?!storage\.{re.escape(table)}))"
    draft = Draft(committed.root, {**committed.texts, path: re.sub(pattern, "", text, flags=re.S)})
    if "ember" in table:
        start = draft.texts[path].index("[expect.pools.ember]")
        end = draft.texts[path].index("[expect.shares.code]")
        draft = draft.host(draft.texts[path][start:end], "")
    kept = draft.loaded().storage
    name = table.rpartition(".")[2]
    assert kept.swap is None if name == "swap" else name not in {**kept.arrays, **kept.pools}
    assert draft.findings()
