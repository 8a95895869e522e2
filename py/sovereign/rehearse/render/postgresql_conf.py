"""postgresql.conf and the script that sets databases and roles up, from `services.postgresql`.

Follows nixpkgs' nixos/modules/services/databases/postgresql.nix as of nixos-26.05; the file is
compared with the real text where SOVEREIGN_NIXPKGS is set.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

STAND_IN = "postgresql.conf rendered from options"

Value: TypeAlias = bool | int | float | str | None


def postgresql_conf(settings: Mapping[str, Value]) -> str:
    """Return the file: a line for each setting, by name; what is null is left to the server."""
    return "\n".join(
        f"{name} = {_text(value)}" for name, value in sorted(settings.items()) if value is not None
    )


def own_settings(*, every_address: bool, jit: bool) -> Mapping[str, Value]:
    """Return what NixOS sets unless a host sets it."""
    return {
        "jit": "on" if jit else "off",
        "listen_addresses": "*" if every_address else "localhost",
        "log_destination": "stderr",
        "log_line_prefix": "[%p] ",
        "port": 5432,
    }


def prepare_script(folder: str, configuration: str, arguments: Sequence[str]) -> str:
    """Return what runs before the server: the data folder is made where it is not there yet."""
    return f"""if ! test -e {folder}/PG_VERSION; then
  # Cleanup the data directory.
  rm -f {folder}/*.conf

  # Initialise the database.
  initdb -U postgres {" ".join(map(_quoted, arguments))}

  # See postStart!
  touch "{folder}/.first_startup"
fi

ln -sfn "{configuration}" "{folder}/postgresql.conf"
"""


def setup_script(
    folder: str, databases: Sequence[str], users: Mapping[str, tuple[bool, Mapping[str, bool]]]
) -> str:
    """Return what runs once the server answers; `users` own the database of their name, or do not."""
    first = _FIRST.format(folder=folder)
    made = "".join(_DATABASE.format(name=name) for name in databases)
    return f"{_WAIT}{first}{made}\n{''.join(_user(*one) for one in users.items())}\n"


_WAIT = r"""check-connection() {
  psql -d postgres -v ON_ERROR_STOP=1 <<-'  EOF'
    SELECT pg_is_in_recovery() \gset
    \if :pg_is_in_recovery
    \i still-recovering
    \endif
  EOF
}
while ! check-connection 2> /dev/null; do
    if ! systemctl is-active --quiet postgresql.service; then exit 1; fi
    sleep 0.1
done

"""
_FIRST = """if test -e "{folder}/.first_startup"; then
  rm -f "{folder}/.first_startup"
fi
"""


_DATABASE = """\
psql -tAc "SELECT 1 FROM pg_database WHERE datname = '{name}'" | grep -q 1 || \
psql -tAc 'CREATE DATABASE "{name}"'
"""
_ROLE = """\
psql -tAc "SELECT 1 FROM pg_roles WHERE rolname='{name}'" | grep -q 1 || psql -tAc 'CREATE USER "{name}"'
psql -tAc 'ALTER ROLE "{name}" {clauses}'

"""
_OWNER = """psql -tAc 'ALTER DATABASE "{name}" OWNER TO "{name}";'
"""


def _user(name: str, rights: tuple[bool, Mapping[str, bool]]) -> str:
    owns, clauses = rights
    words = " ".join(key if on else f"no{key}" for key, on in sorted(clauses.items()))
    owner = _OWNER.format(name=name) if owns else ""
    return _ROLE.format(name=name, clauses=words) + owner


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
