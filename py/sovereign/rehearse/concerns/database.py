"""PostgreSQL with its databases and roles, and who may use them."""

from collections.abc import Mapping

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import postgresql_conf
from sovereign.rehearse.render.postgresql_conf import Value
from sovereign.rehearse.render.systemd_unit import FILES, nixos_service, service, target
from sovereign.rehearse.values import Given, parse

AFTER = ("access", "network", "secrets", "system", "wireguard")

_FOLDER = f"{FILES}/postgresql"
_GENERATOR = "/etc/systemd/system-generators/postgresql-generator"
_TARGET = {
    "description": "PostgreSQL",
    "requires": ["postgresql.service", "postgresql-setup.service"],
    "wantedBy": ["multi-user.target"],
}
_SANDBOX = {
    "CapabilityBoundingSet": [""],
    "DevicePolicy": "closed",
    "LockPersonality": True,
    "NoNewPrivileges": True,
    "PrivateDevices": True,
    "PrivateMounts": True,
    "PrivateTmp": True,
    "ProcSubset": "pid",
    "ProtectClock": True,
    "ProtectControlGroups": True,
    "ProtectHome": True,
    "ProtectHostname": True,
    "ProtectKernelLogs": True,
    "ProtectKernelModules": True,
    "ProtectKernelTunables": True,
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": True,
    "RestrictAddressFamilies": ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX"],
    "RestrictNamespaces": True,
    "RestrictRealtime": True,
    "RestrictSUIDSGID": True,
    "SystemCallArchitectures": "native",
    "SystemCallFilter": ["@system-service", "~@privileged", "~@resources"],
    "UMask": "0027",
}


class _User(Given):
    name: str
    ensure_db_ownership: bool
    ensure_clauses: Mapping[str, bool | None]


class _Database(Given):
    enable: bool
    version: str
    packages: tuple[str, ...]
    jit: bool
    every_address: bool
    authentication: str
    ident_map: str
    initdb_args: tuple[str, ...]
    settings: Mapping[str, Value]
    ensure_databases: tuple[str, ...]
    ensure_users: tuple[_User, ...]
    server: Mapping[str, object]
    setup: Mapping[str, object]
    databases: Mapping[str, object]

    @property
    def data(self) -> str:
        """The folder of the data."""
        return f"/var/lib/postgresql/{self.version}"

    @property
    def programs(self) -> Mapping[str, str]:
        """Where the distribution has the server's package."""
        return dict.fromkeys(self.packages, f"/usr/lib/postgresql/{self.version}")


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Return the server and its databases, where it is enabled."""
    del world
    if given.get("enable") is False:
        return Furnishing()
    database = parse(_Database, given)
    settings = {
        **postgresql_conf.own_settings(every_address=database.every_address, jit=database.jit),
        **database.settings,
        "hba_file": f"{_FOLDER}/pg_hba.conf",
        "ident_file": f"{_FOLDER}/pg_ident.conf",
    }
    text = postgresql_conf.postgresql_conf(settings)
    enabled = ("postgresql.target", "postgresql-databases.service")
    return Furnishing(
        files=(
            Placed(f"{_FOLDER}/postgresql.conf", text, stand_in=postgresql_conf.STAND_IN),
            Placed(f"{_FOLDER}/pg_hba.conf", database.authentication),
            Placed(
                f"{_FOLDER}/pg_ident.conf", database.ident_map, stand_in="NixOS's own pg_ident.conf"
            ),
            # An empty file in the place of Debian's, which would start its own clusters.
            Placed(_GENERATOR, "", stand_in="no cluster of Debian's own"),
            target("postgresql", _TARGET),
            *_server(database),
            *_setup(database),
            *service("postgresql-databases", database.databases, programs=database.programs),
        ),
        commands=(("systemctl", "enable", *enabled),),
        units=("postgresql.target", "postgresql-databases.service"),
        state=(database.data,),
    )


def _server(database: _Database) -> tuple[Placed, ...]:
    prepare = postgresql_conf.prepare_script(
        database.data, f"{_FOLDER}/postgresql.conf", database.initdb_args
    )
    base = {
        "description": "PostgreSQL Server",
        "after": ["network.target"],
        "wants": ["postgresql.target"],
        "partOf": ["postgresql.target"],
        # NixOS sets a locale for all units; this one is built into Debian's C library.
        "environment": {"LANG": "C.UTF-8", "PGDATA": database.data},
        "path": list(database.programs),
        "preStart": prepare,
        "serviceConfig": {
            **_SANDBOX,
            "ExecReload": "kill -HUP $MAINPID",
            "ExecStart": f"/usr/lib/postgresql/{database.version}/bin/postgres",
            "Group": "postgres",
            "KillMode": "mixed",
            "KillSignal": "SIGINT",
            "MemoryDenyWriteExecute": not database.jit,
            "Restart": "always",
            "RuntimeDirectory": "postgresql",
            "StateDirectory": f"postgresql postgresql/{database.version}",
            "StateDirectoryMode": "0750",
            "TimeoutSec": 120,
            "Type": "notify",
            "User": "postgres",
        },
        "unitConfig": {
            "RequiresMountsFor": database.data,
            "StartLimitBurst": 5,
            "StartLimitIntervalSec": 605,
        },
    }
    return nixos_service("postgresql", base, database.server, programs=database.programs)


def _setup(database: _Database) -> tuple[Placed, ...]:
    users = {
        user.name: (
            user.ensure_db_ownership,
            {key: on for key, on in user.ensure_clauses.items() if on is not None},
        )
        for user in database.ensure_users
    }
    script = postgresql_conf.setup_script(database.data, database.ensure_databases, users)
    base = {
        "description": "PostgreSQL Setup Scripts",
        "requires": ["postgresql.service"],
        "after": ["postgresql.service"],
        "environment": {"PGPORT": str(database.settings.get("port", 5432))},
        "path": list(database.programs),
        "script": script,
        "serviceConfig": {
            "Group": "postgres",
            "RemainAfterExit": True,
            "Type": "oneshot",
            "User": "postgres",
        },
    }
    return nixos_service("postgresql-setup", base, database.setup, programs=database.programs)
