"""PostgreSQL: who gets in by which line of pg_hba.conf."""

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.base import AnyNetwork
from sovereign.inventory.database import AccessRule, Postgresql
from sovereign.review.rule import Hit, Subject, host_rule

_HBA = "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html"
_PASSWORD_METHODS = frozenset({"scram-sha-256", "md5", "password"})
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_KEYWORDS = frozenset({"all", "replication", "sameuser", "samerole", "samegroup"})
_RESERVED_ROLES = frozenset({"public", "none", "postgres"})
_RESERVED_DATABASES = frozenset({"postgres", "template0", "template1"})


def access_rules(subject: Subject) -> Iterator[tuple[KeyPath, AccessRule, Postgresql]]:
    """The lines of pg_hba.conf of a host, each with its place."""
    if subject.host.database is not None:
        for index, rule in enumerate(subject.host.database.access):
            yield ("database", "access", index), rule, subject.host.database


def line(rule: AccessRule) -> str:
    """An access rule as pg_hba.conf spells it."""
    address = [] if rule.address is None else [str(rule.address)]
    return " ".join([rule.type, rule.database, rule.user, *address, rule.method])


@host_rule(
    "DB001",
    Severity.ERROR,
    "A database trusts whoever connects",
    why='"trust" asks for nothing: who reaches the socket or the port may be any role, the superuser'
    " among them. On a socket or on the loopback addresses that is every process of the host.",
    source="https://www.postgresql.org/docs/current/auth-trust.html",
)
def trust(subject: Subject) -> Iterator[Hit]:
    """Find access rules with the method trust."""
    for at, rule, _ in access_rules(subject):
        if rule.method == "trust":
            local = rule.type == "local"
            who = "every process of this host"
            if not local and rule.address and not is_loopback(rule):
                who = f"everybody at {rule.address}"
            yield Hit(
                (*at, "method"),
                f"{who} may be {_role(rule)} without a password",
                line(rule),
                f'method = "{"peer" if local else "scram-sha-256"}"',
            )


@host_rule(
    "DB002",
    Severity.WARNING,
    "A database takes a weak password method",
    why='"password" sends the password in the clear; "md5" can be replayed from the stored hash and'
    " is deprecated since PostgreSQL 18. scram-sha-256 is neither.",
    source="https://www.postgresql.org/docs/current/auth-password.html",
)
def weak_method(subject: Subject) -> Iterator[Hit]:
    """Find access rules with the methods md5 and password."""
    for at, rule, _ in access_rules(subject):
        if rule.method in {"md5", "password"}:
            yield Hit(
                (*at, "method"),
                f'method "{rule.method}" is weak',
                line(rule),
                'method = "scram-sha-256"',
            )


@host_rule(
    "DB003",
    Severity.ERROR,
    "PostgreSQL refuses an access rule",
    why="A line that PostgreSQL cannot read keeps the whole of pg_hba.conf from being loaded, and a"
    " server that starts with it does not start: peer exists on local sockets only, cert over"
    " hostssl only, and an address belongs to a TCP line.",
    source=_HBA,
)
def refused_line(subject: Subject) -> Iterator[Hit]:
    """Find access rules that do not parse."""
    for at, rule, _ in access_rules(subject):
        local = rule.type == "local"
        if rule.method == "peer" and not local:
            reason, key, fix = "peer works on local sockets only", "method", "scram-sha-256"
            yield Hit((*at, key), reason, line(rule), f'method = "{fix}"')
        if rule.method == "cert" and rule.type != "hostssl":
            yield Hit(
                (*at, "method"), "cert works over hostssl only", line(rule), 'type = "hostssl"'
            )
        if local and rule.address is not None:
            yield Hit(
                (*at, "address"), "a local socket has no address", line(rule), "remove the address"
            )
        if not local and rule.address is None:
            yield Hit(
                (*at, "type"),
                f'a rule of type "{rule.type}" needs an address',
                line(rule),
                'address = "10.20.0.0/24", or type = "local"',
            )


@host_rule(
    "DB004",
    Severity.ERROR,
    "A role that needs a password has none",
    why="A role without a password is refused by every password method, whatever the client sends.",
    source="https://www.postgresql.org/docs/current/auth-password.html",
)
def no_password(subject: Subject) -> Iterator[Hit]:
    """Find access rules that ask a password of a role that has none."""
    for at, rule, database in access_rules(subject):
        user = database.users.get(rule.user)
        if user and user.password is None and rule.method in _PASSWORD_METHODS:
            yield Hit(
                (*at, "user"),
                f'role "{rule.user}" has no password and is refused',
                line(rule),
                f"[database.users.{rule.user}]\n"
                f'password = {{ path = "/persist/secrets/postgresql/{rule.user}" }}',
            )


@host_rule(
    "DB005",
    Severity.WARNING,
    "A role's password is never asked for",
    why="The first access rule that fits a connection says how it must prove itself. A role whose"
    " password no rule asks for cannot log in by it.",
    source=_HBA,
)
def password_unused(subject: Subject) -> Iterator[Hit]:
    """Find roles with a password that no access rule ever asks for."""
    database = subject.host.database
    asked = {r.user for _, r, _ in access_rules(subject) if r.method in _PASSWORD_METHODS}
    for name, user in database.users.items() if database else ():
        if user.password is not None and asked.isdisjoint({name, "all"}):
            yield Hit(
                ("database", "users", name, "password"),
                f'no access rule asks for the password of role "{name}"',
                "its rules are the lines of database.access that name it or all",
                "add an access rule for it, or remove the password",
            )


@host_rule(
    "DB008",
    Severity.WARNING,
    "An access rule never matches",
    why="The first line that fits a connection decides, and no later line is asked, not even when"
    " the first one refuses.",
    source=_HBA,
)
def never_matches(subject: Subject) -> Iterator[Hit]:
    """Find access rules that an earlier one covers."""
    earlier: list[tuple[int, AccessRule]] = []
    for at, rule, _ in access_rules(subject):
        decided = next((i for i, other in earlier if _covers(other, rule)), None)
        if decided is not None:
            first = dict(earlier)[decided]
            yield Hit(
                at,
                f"rule {decided + 1} of database.access decides before this one is asked",
                f"{decided + 1}: {line(first)}\n{len(earlier) + 1}: {line(rule)}",
                "remove this rule, or put it before the other one",
            )
        earlier.append((len(earlier), rule))


@host_rule(
    "DB009",
    Severity.WARNING,
    "A hostssl rule without TLS",
    why="PostgreSQL's TLS is off unless it is given a certificate, which the inventory does not"
    " describe. A hostssl line then matches no connection at all.",
    source="https://www.postgresql.org/docs/current/ssl-tcp.html",
)
def hostssl_without_tls(subject: Subject) -> Iterator[Hit]:
    """Find rules of type hostssl."""
    for at, rule, _ in access_rules(subject):
        if rule.type == "hostssl":
            yield Hit(
                (*at, "type"),
                "no connection has TLS, so this rule matches none",
                line(rule),
                'type = "host" through a tunnel; or set the certificate in extra.nix and accept this',
            )


@host_rule(
    "DB010",
    Severity.ERROR,
    "A name is reserved in PostgreSQL",
    why="CREATE ROLE refuses public, none and names that begin with pg_; postgres and the templates"
    " are there already; all, replication, sameuser and samerole mean something else in pg_hba.conf.",
    source="https://www.postgresql.org/docs/current/sql-createrole.html",
)
def reserved_name(subject: Subject) -> Iterator[Hit]:
    """Find roles and databases that cannot have their name."""
    database = subject.host.database
    for name in database.users if database else ():
        if name in _RESERVED_ROLES | _KEYWORDS or name.startswith("pg_"):
            yield Hit(
                ("database", "users", name), f'a role must not be called "{name}"', fix="rename it"
            )
    for name in database.databases if database else ():
        if name in _RESERVED_DATABASES | _KEYWORDS:
            yield Hit(
                ("database", "databases", name),
                f'a database must not be called "{name}"',
                fix="rename it",
            )


def is_loopback(rule: AccessRule) -> bool:
    """Whether a rule is about this host only."""
    return rule.address is not None and any(inside(rule.address, net) for net in _LOOPBACK)


def inside(inner: AnyNetwork, outer: AnyNetwork) -> bool:
    """Whether a network lies in another; one of IPv4 never lies in one of IPv6."""
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return not isinstance(outer, IPv4Network) and inner.subnet_of(outer)


def _role(rule: AccessRule) -> str:
    return "any role, the superuser too," if rule.user == "all" else f'role "{rule.user}"'


def _covers(first: AccessRule, later: AccessRule) -> bool:
    """Whether each connection that fits the later rule fits the first."""
    return (
        (first.type == later.type or (first.type == "host" and later.type == "hostssl"))
        and first.database in {later.database, "all"}
        and first.user in {later.user, "all"}
        and (first.address is None or later.address is None or inside(later.address, first.address))
    )
