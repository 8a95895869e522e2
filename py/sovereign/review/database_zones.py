"""PostgreSQL and the zones that may connect to it: access rules and firewall say the same."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.review.database import access_rules, inside, is_loopback, line
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.review.zones import public

_HBA = "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html"


@host_rule(
    "DB006",
    Severity.WARNING,
    "An access rule reaches beyond the zones that may connect",
    why="The firewall lets in the zones of database.zones and drops the rest, so such a rule never"
    " matches there. It says more than what holds, and comes true when the firewall is opened.",
    source=_HBA,
)
def beyond_the_zones(subject: Subject) -> Iterator[Hit]:
    """Find access rules whose addresses lie in no zone that may connect."""
    for at, rule, database in access_rules(subject):
        address = rule.address
        if address is None or rule.method == "reject" or is_loopback(rule):
            continue
        zones = [(zone, subject.fleet.zones[zone].prefix) for zone in database.zones]
        if any(prefix is None or inside(address, prefix) for _, prefix in zones):
            continue
        listed = ", ".join(f"{zone} {prefix}" for zone, prefix in zones) or "none"
        shared = [str(p) for _, p in zones if p is not None and address.overlaps(p)]
        yield Hit(
            (*at, "address"),
            f"{address} is wider than the zones that may connect"
            if shared
            else f"{address} is in no zone that may connect",
            f"{line(rule)}\nzones that may connect: {listed}",
            f'address = "{shared[0]}"' if shared else "add its zone to database.zones",
        )


@host_rule(
    "DB007",
    Severity.ERROR,
    "The database is open to the internet",
    why="PostgreSQL without TLS sends queries and rows in the clear, and a password is all that"
    " stands between the internet and the data.",
    source="https://www.postgresql.org/docs/current/ssl-tcp.html",
)
def open_to_the_internet(subject: Subject) -> Iterator[Hit]:
    """Find zones without a prefix among those that may connect."""
    database = subject.host.database
    for index, zone in enumerate(database.zones if database else ()):
        if public(subject.fleet, zone):
            yield Hit(
                ("database", "zones", index),
                f'everybody on the internet reaches PostgreSQL through zone "{zone}"',
                f'zone "{zone}" has no prefix: whoever has an address is in it',
                "remove the zone, and let clients come through a tunnel",
            )


@host_rule(
    "DB018",
    Severity.WARNING,
    "PostgreSQL is opened to a zone from which nobody may connect",
    why="The firewall opens the port to the zones of database.zones; who is let in say the access"
    " rules. A zone without a rule gets an open port and nothing behind it.",
    source=_HBA,
)
def zone_without_rule(subject: Subject) -> Iterator[Hit]:
    """Find zones of database.zones that no access rule is about."""
    database = subject.host.database
    addresses = [
        rule.address
        for _, rule, _ in access_rules(subject)
        if rule.address is not None and rule.method != "reject"
    ]
    for index, zone in enumerate(database.zones if database else ()):
        prefix = subject.fleet.zones[zone].prefix
        if prefix is not None and not any(prefix.overlaps(address) for address in addresses):
            yield Hit(
                ("database", "zones", index),
                f'no access rule lets anybody of zone "{zone}" in',
                f"the zone is {prefix}",
                f'an access rule with address = "{prefix}", or remove the zone here',
            )
