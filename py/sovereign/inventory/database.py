"""PostgreSQL and its extensions."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from sovereign.inventory.base import AnyNetwork, Many, Model, Name, spelled
from sovereign.inventory.secret import Secret
from sovereign.units import Duration, Size

SqlName: TypeAlias = Annotated[str, *spelled("[a-z_][a-z0-9_]*", "emily", 63)]


class Settings(Model):
    """Settings of postgresql.conf; what is absent keeps PostgreSQL's default."""

    max_connections: Annotated[int, Field(ge=1, le=262143)] | None = None
    shared_buffers: Size | None = None
    effective_cache_size: Size | None = None
    maintenance_work_mem: Size | None = None
    work_mem: Size | None = None
    random_page_cost: Annotated[float, Field(gt=0, le=1000)] | None = None
    wal_level: Literal["minimal", "replica", "logical"] | None = None
    max_wal_size: Size | None = None
    statement_timeout: Duration | None = None
    full_page_writes: bool | None = None


class DatabaseUser(Model):
    """A role that may log in: over the local socket as the account of the same name, or by password."""

    password: Secret | None = None


class Database(Model):
    """A database and the extensions that are created in it."""

    owner: SqlName
    extensions: Many[Literal["vector", "pg_trgm", "pgcrypto", "hstore", "citext"]] = ()


class AccessRule(Model):
    """A line of pg_hba.conf; the first that fits decides."""

    type: Literal["local", "host", "hostssl"]
    database: SqlName
    """A database, or "all"."""

    user: SqlName
    """A role, or "all"."""

    address: AnyNetwork | None = None
    """Where the client is; absent for "local"."""

    method: Literal["peer", "scram-sha-256", "cert", "md5", "password", "trust", "reject"]


class Postgresql(Model):
    """The database server."""

    version: Annotated[int, Field(ge=14, le=18)]
    port: Name = "postgresql"
    """The ledger's name of the port."""

    zones: Many[Name] = ()
    """The zones that may connect; none: only this host."""

    settings: Settings = Settings()
    users: Mapping[SqlName, DatabaseUser] = {}
    databases: Mapping[SqlName, Database] = {}
    access: Many[AccessRule] = ()
