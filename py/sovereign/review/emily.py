"""Emily: who may call her, where she remembers, and what she takes of her host."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.review.mounts import lasting, waits_for_persist
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.review.zones import public
from sovereign.units import Size

_ACCOUNT = "emily"
_STATE = "/var/lib/emily"
UNITS = 6
"""The router, four tiers and the API (nix/modules/emily-units.nix)."""

_SHARED_BUFFERS = Size.parse("128MiB")
"""PostgreSQL's default (runtime-config-resource)."""


@host_rule(
    "EMI001",
    Severity.ERROR,
    "Emily's API asks nobody who they are",
    why="Beyond loopback the API demands a token: whoever calls it reads what Emily remembers and"
    " tells her what to do. Without one her module refuses to be built.",
    source="https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",
)
def no_token(subject: Subject) -> Iterator[Hit]:
    """Find zones that may call the API where there is no token."""
    emily = subject.host.emily
    if emily and emily.zones and emily.token is None:
        yield Hit(
            ("emily", "zones"),
            f"zone {', '.join(emily.zones)} may call the API, and it has no token",
            fix='token = { path = "/persist/secrets/emily/token" }',
        )


@host_rule(
    "EMI002",
    Severity.ERROR,
    "Emily's API is open to the internet",
    why="The API speaks HTTP without TLS: from the internet the token and all that it protects can be"
    " read on the way.",
    source="https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/",
)
def open_to_the_internet(subject: Subject) -> Iterator[Hit]:
    """Find zones without a prefix among those that may call the API."""
    emily = subject.host.emily
    for index, zone in enumerate(emily.zones if emily else ()):
        if public(subject.fleet, zone):
            yield Hit(
                ("emily", "zones", index),
                f'everybody on the internet reaches the API through zone "{zone}"',
                f'zone "{zone}" has no prefix: whoever has an address is in it',
                "remove the zone, and let clients come through a tunnel",
            )


@host_rule(
    "EMI003",
    Severity.ERROR,
    "Emily's database cannot hold vectors",
    why="Episodes are looked up by the nearest vector, which is a type of the extension vector"
    " (pgvector). Only the superuser creates it, and he does so for what the inventory lists.",
    source="https://github.com/pgvector/pgvector",
)
def no_vectors(subject: Subject) -> Iterator[Hit]:
    """Find a database of episodes without the extension."""
    emily, server = subject.host.emily, subject.host.database
    if emily and server and emily.memory is not None:
        extensions = server.databases[emily.memory].extensions
        if "vector" not in extensions:
            yield Hit(
                ("emily", "memory"),
                f'database "{emily.memory}" lacks the extension vector',
                f"it has: {', '.join(extensions) or 'none'}",
                f'in [database.databases.{emily.memory}]: extensions = ["vector"]',
            )


@host_rule(
    "EMI004",
    Severity.ERROR,
    "Emily cannot log in to her database",
    why="She comes over the socket as the account emily, which PostgreSQL lets in as the role of that"
    " name (peer). Another role's database is closed to her, and so is a socket on which an"
    " earlier rule asks for a password.",
    source="https://www.postgresql.org/docs/current/auth-peer.html",
)
def no_login(subject: Subject) -> Iterator[Hit]:
    """Find a database of another role, and the rule that decides in the place of peer."""
    emily, server = subject.host.emily, subject.host.database
    if not emily or not server or emily.memory is None:
        return
    owner = server.databases[emily.memory].owner
    if owner != _ACCOUNT:
        yield Hit(
            ("emily", "memory"),
            f'database "{emily.memory}" belongs to role "{owner}"',
            f'she logs in as role "{_ACCOUNT}"',
            f'in [database.databases.{emily.memory}]: owner = "{_ACCOUNT}"',
        )
    for index, rule in enumerate(server.access):
        hers = rule.database in {emily.memory, "all"} and rule.user in {_ACCOUNT, "all"}
        if rule.type == "local" and hers:
            if rule.method != "peer":
                yield Hit(
                    ("database", "access", index, "method"),
                    f'on the socket "{rule.method}" decides about her',
                    "the first rule that fits a connection is the one that counts",
                    'method = "peer"',
                )
            return


@host_rule(
    "EMI005",
    Severity.WARNING,
    "Emily is promised more memory than there is",
    why="Each of her units may grow to its limit, as may ZFS's cache, the root in memory and"
    " PostgreSQL's buffers. When they do at once and do not fit, the kernel kills what asks next.",
    source="https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html",
)
def memory_budget(subject: Subject) -> Iterator[Hit]:
    """Add up what her units and those beside them may take; DB013 and HW011 tell of those alone."""
    host = subject.host
    if host.emily is None:
        return
    limit, memory = host.emily.memory_max, host.hardware.memory
    buffers = (host.database.settings.shared_buffers or _SHARED_BUFFERS) if host.database else None
    beside = {
        "the ARC's limit": host.upkeep.arc_max or Size(0),
        "the root in memory": host.boot.root.size,
        "shared_buffers": buffers or Size(0),
    }
    parts = {f"{UNITS} units x {limit.human_binary()}": Size(UNITS * limit), **beside}
    total = Size(sum(parts.values()))
    if total > memory >= sum(beside.values()):
        listed = " + ".join(f"{what} {size.human_binary()}" for what, size in parts.items() if size)
        yield Hit(
            ("emily", "memory_max"),
            f"Emily and what runs beside her may take {total.human_binary()}"
            f" of {memory.human_binary()}",
            f"{listed} = {total.human_binary()}",
            "lower memory_max, upkeep.arc_max or shared_buffers",
        )


@host_rule(
    "EMI006",
    Severity.ERROR,
    "Emily forgets at every boot",
    why="The root file system is in memory and empty at every boot. What she remembers, and what waits"
    " for a database that is away, lies in /var/lib/emily.",
    source="https://github.com/nix-community/preservation",
)
def memory_is_lost(subject: Subject) -> Iterator[Hit]:
    """Find a state folder on the root in memory."""
    host = subject.host
    if host.emily and lasting(host, _STATE) is None and not waits_for_persist(host, _STATE):
        yield Hit(
            ("emily",),
            f"{_STATE} is on the root in memory",
            "no dataset, pool, array or persisted directory holds it",
            f'in boot.persist.directories: "{_STATE}"',
        )


@host_rule(
    "EMI007",
    Severity.ERROR,
    "Emily's account belongs to somebody else",
    why="Her units run as the account emily, which systemd and PostgreSQL know by its name. NixOS"
    " refuses an account that is both a system's and a person's, or is in two groups first.",
    source="https://nixos.org/manual/nixos/stable/#sec-user-management",
)
def account_is_taken(subject: Subject) -> Iterator[Hit]:
    """Find an operator or SMB user of her name."""
    host = subject.host
    if host.emily is None:
        return
    for index, operator in enumerate(host.access.operators):
        if operator == _ACCOUNT:
            yield Hit(
                ("access", "operators", index),
                f'operator "{operator}" has the name of her account',
                fix="rename the operator",
            )
    if host.samba and _ACCOUNT in host.samba.users:
        yield Hit(
            ("samba", "users", _ACCOUNT),
            f'SMB user "{_ACCOUNT}" has the name of her account',
            fix="rename the SMB user",
        )
