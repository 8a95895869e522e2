"""PostgreSQL: databases, roles, settings, and who is let in."""

from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import ip_address, ip_network

from pydantic import BaseModel

from sovereign.expectations.database import (
    Database,
    DatabaseAccess,
    DatabaseRole,
    DatabaseRules,
    DatabaseSetting,
)
from sovereign.run import Completed
from sovereign.suite.database import port_of, query
from sovereign.suite.request import Credentials, Request
from sovereign.suite.uplink import known
from sovereign.suite.vantage import Vantage, last_line, quoted, require

_RULES = """
SELECT coalesce(json_agg(json_build_object(
  'type', type, 'databases', database, 'users', user_name, 'address', address,
  'mask', netmask, 'method', auth_method, 'error', error) ORDER BY line_number), '[]')
FROM pg_hba_file_rules;
"""
_OWNER = """
SELECT coalesce(json_agg(pg_get_userbyid(datdba)), '[]') FROM pg_database WHERE datname = :'name';
"""
_EXTENSIONS = "SELECT json_agg(extname) FROM pg_extension;"
_SETTING = "SELECT json_build_array(current_setting(:'name', true));"
_ROLE = """
SELECT coalesce(json_agg(json_build_object(
  'login', rolcanlogin, 'password', rolpassword IS NOT NULL,
  'rules', rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)), '[]')
FROM pg_authid WHERE rolname = :'name';
"""


class _Rule(BaseModel):
    type: str | None
    databases: list[str] | None
    users: list[str] | None
    address: str | None
    mask: str | None
    method: str | None
    error: str | None


class _Role(BaseModel):
    login: bool
    password: bool
    rules: bool


def test_database(expectation: Database, request_of_suite: Request) -> None:
    """It is there, its owner's, with its extensions."""
    name = expectation.name
    owners = query(request_of_suite, list[str], _OWNER, name=name)
    require(bool(owners), f"there is no database {name}")
    require(
        owners == [expectation.owner],
        f"{name} must be {expectation.owner}'s, and is {', '.join(owners)}'s",
    )
    missing = set(expectation.extensions) - set(
        query(request_of_suite, list[str], _EXTENSIONS, name)
    )
    require(not missing, f"{name} lacks the extension {', '.join(sorted(missing))}")


def test_database_role(expectation: DatabaseRole, request_of_suite: Request) -> None:
    """It may log in and may not rule."""
    name = expectation.name
    roles = query(request_of_suite, list[_Role], _ROLE, name=name)
    require(bool(roles), f"there is no role {name}")
    for role in roles:
        require(role.login, f"the role {name} may not log in")
        require(not role.rules, f"the role {name} may do more than log in")
        has = "has a" if role.password else "has no"
        require(role.password == expectation.password, f"the role {name} {has} password")


def test_database_setting(expectation: DatabaseSetting, request_of_suite: Request) -> None:
    """The setting is in force."""
    name = expectation.name
    (found,) = query(request_of_suite, tuple[str | None], _SETTING, name=name)
    require(
        found == expectation.value,
        f"{name} must be {quoted(expectation.value)}, and is {quoted(found)}",
    )


def test_database_rules(expectation: DatabaseRules, request_of_suite: Request) -> None:
    """Exactly these rules, in this order."""
    rules = query(request_of_suite, list[_Rule], _RULES)
    broken = [rule.error for rule in rules if rule.error]
    require(not broken, f"a rule cannot be read: {'; '.join(broken[:3])}")
    found, expected = [_written(rule) for rule in rules], list(expectation.rules)
    strange = [rule for rule in found if rule not in expected]
    missing = [rule for rule in expected if rule not in found]
    require(not strange, f"a rule that nobody gave: {'; '.join(strange)}")
    require(not missing, f"a rule is missing: {'; '.join(missing)}")
    require(found == expected, f"the rules stand in another order: {'; '.join(found)}")


def test_database_access(
    expectation: DatabaseAccess,
    inside: Vantage,
    from_zone: Callable[[str], Vantage],
    credentials: Credentials,
    request_of_suite: Request,
) -> None:
    """Who may enter does, and nobody else."""
    local = expectation.source == "socket"
    vantage = inside if local else from_zone(expectation.source)
    vantage.need("psql")
    with ExitStack() as stack:
        words: tuple[str, ...] = ("runuser", "-u", expectation.user, "--")
        if not local:
            words = ("env", "PGCONNECT_TIMEOUT=10")
            if expectation.password:
                password = credentials.read(f"postgresql/{expectation.user}")
                escaped = password.replace("\\", "\\\\").replace(":", "\\:")
                path = stack.enter_context(vantage.secret(f"*:*:*:*:{escaped}\n"))
                words = (*words, f"PGPASSFILE={path}")
        host = () if local else ("-h", known(inside, expectation.address))
        user = ("-U", expectation.user, "-d", expectation.database)
        psql = ("psql", "-X", "-A", "-t", "-w", *host, *port_of(request_of_suite), *user)
        done = vantage.run(*words, *psql, "-c", "SELECT 1")
    entered = done.code == 0 and done.out.strip() == "1"
    said = f" ({_why(done.err)})" if done.err else ""
    if expectation.allowed:
        require(entered, f"{_who(expectation)} must get in, and does not{said}")
    else:
        require(not entered, f"{_who(expectation)} gets in, and must not")
        require(_refused(done, local=local), f"{_who(expectation)} is not refused{said}")


def _why(said: str) -> str:
    """The server's own words among those of psql."""
    return last_line(next((line for line in said.splitlines() if "FATAL:" in line), said))


def _refused(done: Completed, *, local: bool) -> bool:
    """Whether the server said no; from elsewhere the firewall may have said so before."""
    told = ("FATAL:", "no password supplied", "does not exist")
    away = () if local else ("Connection refused", "timeout expired", "No route to host")
    return any(word in done.err for word in (*told, *away))


def _who(expectation: DatabaseAccess) -> str:
    password = "with" if expectation.password else "without"
    way = "over the socket" if expectation.source == "socket" else f"from {expectation.source}"
    return f"{expectation.user} {way} {password} a password into {expectation.database}"


def _written(rule: _Rule) -> str:
    address = rule.address
    if address and rule.mask:
        prefix = int(ip_address(rule.mask)).bit_count()
        address = str(ip_network(f"{address}/{prefix}", strict=False))
    lists = (",".join(rule.databases or ()), ",".join(rule.users or ()))
    words = (rule.type, *lists, address, rule.method)
    return " ".join(word for word in words if word)
