"""Run all rules over an inventory, and set aside what the owner has accepted."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from typing import TypeAlias

from sovereign import review as package
from sovereign.diagnostics import Diagnostic, Explanation, KeyPath, Severity
from sovereign.inventory.accept import Acceptance
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import dotted, parse_dotted
from sovereign.parallel import in_parallel
from sovereign.review.rule import Rule, Subject

CODES = {
    explanation.code: explanation
    for explanation in (
        Explanation(
            "REV001",
            "An acceptance matches no finding",
            "An acceptance is bound to one code at one key. When the finding is gone, has moved, or is"
            " accepted already, it says something about the host that does not hold.",
        ),
        Explanation(
            "REV002",
            "An error cannot be accepted",
            "An error cannot work, or is a hole that nobody can want. Only warnings are a choice.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Review:
    """What the rules found: `open` needs the owner's eye, `accepted` has had it."""

    open: tuple[Diagnostic, ...]
    accepted: tuple[tuple[Diagnostic, Acceptance], ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What cannot work."""
        return tuple(d for d in self.open if d.severity is Severity.ERROR)


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by code, from every module of this package."""
    found: dict[str, Rule] = {}
    for module in iter_modules(package.__path__):
        for value in vars(import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(value, Rule) and found.setdefault(value.code, value) is not value:
                raise ValueError(f"two rules have the code {value.code}")
    return dict(sorted(found.items()))


def review(inventory: Inventory) -> Review:
    """Review the whole fleet."""
    by_host = in_parallel(partial(_host_findings, inventory), tuple(inventory.hosts))
    return judge(inventory, chain(_fleet_findings(inventory), *by_host))


def judge(inventory: Inventory, findings: Iterable[Diagnostic]) -> Review:
    """Set aside what the owner has accepted, and find acceptances that match nothing."""
    rows = tuple(_acceptances(inventory))
    acceptances = {key: acceptance for key, _, acceptance in reversed(rows)}
    still_open: list[Diagnostic] = []
    accepted: list[tuple[Diagnostic, Acceptance]] = []
    matched, errors = set(), set()
    for finding in findings:
        key = (finding.host, finding.code, finding.at)
        if finding.severity is Severity.ERROR:
            errors.add(key)
            still_open.append(finding)
        elif key in acceptances:
            matched.add(key)
            accepted.append((finding, acceptances[key]))
        else:
            still_open.append(finding)
    still_open.extend(_unmatched(inventory, rows, matched, errors))
    return Review(tuple(still_open), tuple(accepted))


def _fleet_findings(inventory: Inventory) -> Iterator[Diagnostic]:
    for rule in rules().values():
        for hit in rule.fleet_check(inventory) if rule.fleet_check else ():
            yield rule.diagnose(hit, inventory, hit.host)


def _host_findings(inventory: Inventory, names: Sequence[str]) -> list[Diagnostic]:
    checks = [(rule, rule.host_check) for rule in rules().values() if rule.host_check]
    subjects = [Subject(inventory, name, inventory.hosts[name]) for name in names]
    return [
        rule.diagnose(hit, inventory, subject.name)
        for subject in subjects
        for rule, check in checks
        for hit in check(subject)
    ]


_Key: TypeAlias = tuple[str | None, str, KeyPath]
_Row: TypeAlias = tuple[_Key, int, Acceptance]


def _acceptances(inventory: Inventory) -> Iterator[_Row]:
    owners = [(None, inventory.fleet.accept), *((n, h.accept) for n, h in inventory.hosts.items())]
    for host, accept in owners:
        for index, acceptance in enumerate(accept):
            yield (host, acceptance.code, parse_dotted(acceptance.key)), index, acceptance


def _unmatched(
    inventory: Inventory, rows: Iterable[_Row], matched: Container[_Key], errors: Container[_Key]
) -> Iterator[Diagnostic]:
    seen: set[_Key] = set()
    for key, index, acceptance in rows:
        host, code, _ = key
        severity, own_code = Severity.WARNING, "REV001"
        if key in errors:
            severity, own_code = Severity.ERROR, "REV002"
            message = f"{code} is an error and cannot be accepted"
        elif key in seen:
            message = f"{code} at {dotted(key[2])} is accepted already"
        elif key not in matched:
            message = f"nothing is found as {code} at {acceptance.key}"
        else:
            seen.add(key)
            continue
        yield Diagnostic(
            own_code,
            severity,
            message,
            inventory.file(host),
            at=("accept", index, "code"),
            fix="remove this acceptance",
            host=host,
        )
