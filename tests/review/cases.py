"""Rules as a table: what is written, and what a rule then says about which text."""

from dataclasses import dataclass

from sovereign.diagnostics import Severity
from sovereign.review.rule import Rule

from .conftest import Draft

Edit = tuple[str, str]
"""A piece of the committed text, and what stands in its place."""


@dataclass(frozen=True)
class Case:
    """What an owner writes, what the rule marks, and words of its message or detail."""

    rule: Rule
    marked: str
    says: str
    host: tuple[Edit, ...] = ()
    fleet: tuple[Edit, ...] = ()
    host_end: str = ""
    fleet_end: str = ""

    def __str__(self) -> str:
        return f"{self.rule.code}-{self.says}".replace(" ", "-")


@dataclass(frozen=True)
class Sound:
    """What an owner writes, and a rule that has nothing to say about it."""

    rule: Rule
    because: str
    host: tuple[Edit, ...] = ()
    fleet: tuple[Edit, ...] = ()
    host_end: str = ""
    fleet_end: str = ""

    def __str__(self) -> str:
        return f"{self.rule.code}-{self.because}".replace(" ", "-")


def written(case: Case | Sound, draft: Draft) -> Draft:
    """The committed inventory with what the case writes."""
    for old, new in case.host:
        draft = draft.host(old, new)
    for old, new in case.fleet:
        draft = draft.fleet(old, new)
    draft = draft.add_to_host(case.host_end) if case.host_end else draft
    return draft.add_to_fleet(case.fleet_end) if case.fleet_end else draft


def assert_found(case: Case, draft: Draft) -> None:
    """The rule is silent about what is committed, and finds once what is written, in its place."""
    assert not draft.findings(case.rule)
    draft = written(case, draft)
    finding = draft.finding(case.rule)
    assert draft.place(finding).marked == case.marked
    assert case.says in f"{finding.message}\n{finding.detail}"
    assert finding.severity is case.rule.severity
    assert finding.fix or finding.severity is Severity.NOTE


def assert_sound(case: Sound, draft: Draft) -> None:
    """The rule says nothing about what is written."""
    assert not written(case, draft).findings(case.rule)
