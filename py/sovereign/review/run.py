"""Run all rules over an inventory, and set aside what the owner has accepted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from sovereign import review as package
from sovereign.diagnostics import Diagnostic, Explanation, Severity
from sovereign.inventory.accept import Acceptance
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import dotted
from sovereign.review.rule import Rule, Subject

CODES = {
    explanation.code: explanation
    for explanation in (
        Explanation(
            "REV001",
            "An acceptance matches no finding",
            "An acceptance is bound to one code at one key. When the finding is gone, or has moved,"
            " the acceptance says something about the host that no longer holds.",
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
    acceptances = _acceptances(inventory)
    left = dict(acceptances)
    still_open: list[Diagnostic] = []
    accepted: list[tuple[Diagnostic, Acceptance]] = []
    for finding in findings(inventory):
        key = (finding.host, finding.code, dotted(finding.at))
        if key not in acceptances or finding.severity is Severity.ERROR:
            still_open.append(finding)
        else:
            left.pop(key, None)
            accepted.append((finding, acceptances[key][1]))
    still_open.extend(_unmatched(inventory, left, still_open))
    return Review(tuple(still_open), tuple(accepted))


def findings(inventory: Inventory) -> Iterator[Diagnostic]:
    """Everything that the rules find, accepted or not."""
    for rule in rules().values():
        if rule.fleet_check:
            for hit in rule.fleet_check(inventory):
                yield rule.diagnose(hit, inventory, hit.host)
    host_rules = [(rule, rule.host_check) for rule in rules().values() if rule.host_check]
    for name, host in inventory.hosts.items():
        subject = Subject(inventory, name, host)
        for rule, check in host_rules:
            for hit in check(subject):
                yield rule.diagnose(hit, inventory, name)


_Key = tuple[str | None, str, str]


def _acceptances(inventory: Inventory) -> Mapping[_Key, tuple[int, Acceptance]]:
    rows: dict[_Key, tuple[int, Acceptance]] = {}
    owners = [(None, inventory.fleet.accept), *((n, h.accept) for n, h in inventory.hosts.items())]
    for host, accept in owners:
        for index, acceptance in enumerate(accept):
            rows[host, acceptance.code, acceptance.key] = index, acceptance
    return rows


def _unmatched(
    inventory: Inventory,
    left: Mapping[_Key, tuple[int, Acceptance]],
    still_open: list[Diagnostic],
) -> Iterator[Diagnostic]:
    errors = {(d.host, d.code, dotted(d.at)) for d in still_open if d.severity is Severity.ERROR}
    for (host, code, key), (index, _) in left.items():
        if (host, code, key) in errors:
            severity, own_code = Severity.ERROR, "REV002"
            message = f"{code} is an error and cannot be accepted"
        else:
            severity, own_code = Severity.WARNING, "REV001"
            message = f"nothing is found as {code} at {key}"
        yield Diagnostic(
            own_code,
            severity,
            message,
            inventory.file(host),
            at=("accept", index, "code"),
            fix="remove this acceptance",
            host=host,
        )
