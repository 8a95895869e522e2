"""What must be true of the database server: what it holds, its settings, and where it listens."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.database import (
    Database,
    DatabaseRole,
    DatabaseRules,
    DatabaseSetting,
)
from sovereign.expectations.origin import Origins
from sovereign.expectations.socket import Socket
from sovereign.expectations.standing import addresses_in
from sovereign.expectations.unit import Unit
from sovereign.generators.database.expect_access import entries
from sovereign.inventory.database import AccessRule, Postgresql, Settings
from sovereign.inventory.load import Inventory
from sovereign.units import Duration, Size

_SIZES = (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("kB", 1024), ("B", 1))
_DURATIONS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))

_STEPS = {"shared_buffers": 8192, "effective_cache_size": 8192, "max_wal_size": 1024**2}
"""Bytes that the server counts a setting in (pg_settings.unit); 1 kB for the others."""


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the database server, if there is one."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin, database = Origins.of("database", inventory, name), host.database
    if database is None:
        return
    for unit in ("postgresql.service", "postgresql.target"):
        yield Unit(**origin.own("database"), name=unit)
    yield Unit(**origin.own("database"), name="postgresql-databases.service", state="exited")
    port = fleet.ports[database.port].port
    beyond = addresses_in(fleet, host, database.zones)
    yield Socket(
        **origin.own("database", "zones"),
        protocol="tcp",
        port=port,
        addresses=("*",) if beyond is None else ("127.0.0.1", "::1", *beyond),
    )
    yield from _contents(origin, database)
    yield DatabaseSetting(
        **origin.shared("ports", database.port, "port"), name="port", value=str(port)
    )
    yield DatabaseSetting(
        **origin.own("database"), name="password_encryption", value="scram-sha-256"
    )
    yield from _settings(origin, database.settings)
    rules = ("local all postgres peer", *map(_rule, database.access), "local all all peer")
    yield DatabaseRules(**origin.own("database", "access"), rules=rules)
    yield from entries(inventory, name, origin, database)


def _contents(origin: Origins, database: Postgresql) -> Iterator[Expectation]:
    for name, described in database.databases.items():
        yield Database(
            **origin.own("database", "databases", name),
            name=name,
            owner=described.owner,
            extensions=described.extensions,
        )
    for name, user in database.users.items():
        yield DatabaseRole(
            **origin.own("database", "users", name), name=name, password=user.password is not None
        )


def _settings(origin: Origins, described: Settings) -> Iterator[DatabaseSetting]:
    for name in Settings.model_fields:
        value: object = getattr(described, name)
        if value is not None:
            shown = _shown(name, value)
            yield DatabaseSetting(
                **origin.own("database", "settings", name), name=name, value=shown
            )


def _shown(name: str, value: object) -> str:
    """A value as SHOW prints it: in the largest unit in which it is a whole number."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Size):
        step = _STEPS.get(name, 1024)
        return _in_units(round(value / step) * step, _SIZES)
    if isinstance(value, Duration):
        return _in_units(int(value), _DURATIONS)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_units(amount: int, units: tuple[tuple[str, int], ...]) -> str:
    if amount == 0:
        return "0"
    return next(f"{amount // scale}{unit}" for unit, scale in units if amount % scale == 0)


def _rule(rule: AccessRule) -> str:
    words = (rule.type, rule.database, rule.user, str(rule.address or ""), rule.method)
    return " ".join(filter(None, words))
