"""A rule: a small pure function that looks at the inventory and yields what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sovereign.diagnostics import Diagnostic, Explanation, KeyPath, Severity
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found: the key, what is wrong, the arithmetic, and what to write instead.

    `host` is needed only from a rule over the whole fleet, for a key of a host's file.
    """

    at: KeyPath
    message: str
    detail: str = ""
    fix: str = ""
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """The host that a rule looks at, with the fleet around it."""

    inventory: Inventory
    name: str
    host: Host

    @property
    def fleet(self) -> Fleet:
        """What the hosts share."""
        return self.inventory.fleet


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its code, severity and reason."""

    code: str
    severity: Severity
    title: str
    why: str
    source: str
    host_check: Callable[[Subject], Iterator[Hit]] | None = None
    fleet_check: Callable[[Inventory], Iterator[Hit]] | None = None

    @property
    def explanation(self) -> Explanation:
        """What `sovereign explain` tells."""
        return Explanation(self.code, self.title, self.why, self.source)

    def diagnose(self, hit: Hit, inventory: Inventory, host: str | None) -> Diagnostic:
        """Make a message of what was found."""
        return Diagnostic(
            self.code,
            self.severity,
            hit.message,
            inventory.file(host),
            at=hit.at,
            detail=hit.detail,
            fix=hit.fix,
            source=self.source,
            host=host,
        )


def host_rule(
    code: str, severity: Severity, title: str, *, why: str, source: str
) -> Callable[[Callable[[Subject], Iterator[Hit]]], Rule]:
    """Make a rule of a function that looks at one host."""
    return lambda check: Rule(code, severity, title, why, source, host_check=check)


def fleet_rule(
    code: str, severity: Severity, title: str, *, why: str, source: str
) -> Callable[[Callable[[Inventory], Iterator[Hit]]], Rule]:
    """Make a rule of a function that looks at all hosts at once."""
    return lambda check: Rule(code, severity, title, why, source, fleet_check=check)
