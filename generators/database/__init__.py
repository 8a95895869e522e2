"""database: PostgreSQL for the zones that may connect, its databases, extensions and passwords."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.database.settings import Setting, settings
from sovereign.generators.module import header, module
from sovereign.generators.output import Output
from sovereign.inventory.database import AccessRule, Postgresql
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import links
from sovereign.nix.value import Reference
from sovereign.text.environment import render
from sovereign.text.sh import SH
from sovereign.text.sql import SQL, Identifier

_SPECIAL = frozenset({"replication", "sameuser", "samerole", "samegroup"})
"""Words that pg_hba.conf reads as something else than the database of that name."""


@dataclass(frozen=True, slots=True)
class _User:
    name: str
    owns_its_database: bool


@dataclass(frozen=True, slots=True)
class _View:
    package: Reference
    vector: bool
    port: int
    port_text: str
    everywhere: bool
    addresses: str | None
    settings: tuple[Setting, ...]
    databases: tuple[str, ...]
    users: tuple[_User, ...]
    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ownership:
    database: Identifier
    owner: Identifier


@dataclass(frozen=True, slots=True)
class _Extended:
    database: Identifier
    extensions: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class _Sql:
    owners: tuple[_Ownership, ...]
    extended: tuple[_Extended, ...]
    roles: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class _Script:
    roles: tuple[str, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `database.nix`, `pg_hba.conf`, `database.sql` and `database.sh`, if there is one."""
    database = inventory.hosts[name].database
    if database is None:
        return
    yield module("database", name, _view(inventory, name, database))
    yield Output("pg_hba.conf", header(name) + "".join(map("{}\n".format, _hba(database))))
    sql = render(SQL, "database/database.sql.j2", _sql(database))
    yield Output("database.sql", header(name, "--") + sql)
    script = render(SH, "database/database.sh.j2", _Script(_with_password(database)))
    yield Output("database.sh", header(name) + script)


def _view(inventory: Inventory, name: str, database: Postgresql) -> _View:
    port = inventory.fleet.ports[database.port].port
    here = [
        link.address
        for link in links(inventory.fleet, inventory.hosts[name])
        if link.zone in database.zones
    ]
    addresses = [str(address.ip) for address in here if address]
    everywhere = len(addresses) < len(here)
    return _View(
        package=Reference(f"pkgs.postgresql_{database.version}"),
        vector=any("vector" in each.extensions for each in database.databases.values()),
        port=port,
        port_text=str(port),
        everywhere=everywhere,
        addresses=",".join(["localhost", *addresses]) if addresses and not everywhere else None,
        settings=tuple(settings(database.settings)),
        databases=tuple(database.databases),
        users=tuple(
            _User(user, user in database.databases and database.databases[user].owner == user)
            for user in database.users
        ),
        credentials=tuple(
            f"{user}:{described.password.path}"
            for user, described in database.users.items()
            if described.password
        ),
    )


def _with_password(database: Postgresql) -> tuple[str, ...]:
    return tuple(user for user, described in database.users.items() if described.password)


def _hba(database: Postgresql) -> Iterator[str]:
    """The lines of pg_hba.conf: the first that fits decides, and what fits none is refused."""
    yield "local all postgres peer"
    yield from map(_hba_line, database.access)
    yield "local all all peer"


def _hba_line(rule: AccessRule) -> str:
    database = f'"{rule.database}"' if rule.database in _SPECIAL else rule.database
    words = [rule.type, database, rule.user, str(rule.address or ""), rule.method]
    return " ".join(filter(None, words))


def _sql(database: Postgresql) -> _Sql:
    return _Sql(
        owners=tuple(
            _Ownership(Identifier(name), Identifier(described.owner))
            for name, described in database.databases.items()
            if described.owner != name
        ),
        extended=tuple(
            _Extended(Identifier(name), tuple(map(Identifier, described.extensions)))
            for name, described in database.databases.items()
            if described.extensions
        ),
        roles=tuple(map(Identifier, _with_password(database))),
    )
