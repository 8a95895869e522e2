"""Who is let into which database, and who is not: pg_hba's rules read as the server reads them."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from sovereign.expectations.database import DatabaseAccess
from sovereign.expectations.origin import Origins
from sovereign.expectations.standing import address_in, standing_in
from sovereign.inventory.base import AnyNetwork
from sovereign.inventory.database import AccessRule, Postgresql
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory

_SOCKET = "/run/postgresql"
_HERE = IPv4Network("127.0.0.1/32")
_EVERYBODY = IPv4Network("0.0.0.0/0")
_BY_PASSWORD = frozenset({"scram-sha-256", "md5", "password"})


class _UnclearError(Exception):
    """A rule holds for some addresses of a zone and not for others."""


def entries(
    inventory: Inventory, name: str, origin: Origins, database: Postgresql
) -> Iterator[DatabaseAccess]:
    """Say who enters which database from where, and who does not."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    for _, zone in standing_in(fleet, host, database.zones):
        address = address_in(fleet, host, zone)
        clients = fleet.zones[zone].prefix or _EVERYBODY
        yield from _over_tcp(origin, database, (zone, address), clients)
    yield from _over_tcp(origin, database, ("inside", str(_HERE[0])), _HERE)
    yield from _over_the_socket(origin, host, database)


def _over_tcp(
    origin: Origins, database: Postgresql, place: tuple[str, str], clients: IPv4Network
) -> Iterator[DatabaseAccess]:
    """Each role and each database: with its password where it has one, and without."""
    source, address = place
    for user, described in database.users.items():
        for name in database.databases:
            try:
                index = _deciding(database.access, name, user, clients)
            except _UnclearError:
                continue
            method = "reject" if index is None else database.access[index].method
            key = origin.own("database", "access", *([] if index is None else [index]))
            has_password = described.password is not None
            tries = {has_password: method == "trust" or (has_password and method in _BY_PASSWORD)}
            if tries[has_password]:
                tries[False] = method == "trust"
            for password, allowed in tries.items():
                yield DatabaseAccess(
                    **key,
                    source=source,
                    address=address,
                    user=user,
                    database=name,
                    password=password,
                    allowed=allowed,
                )


def _over_the_socket(origin: Origins, host: Host, database: Postgresql) -> Iterator[DatabaseAccess]:
    """An account enters as the role of its own name; without one it is refused."""
    accounts = ["root", "nobody", *host.access.operators]
    accounts += host.samba.users if host.samba else ()
    accounts += ["emily"] if host.emily else ()
    for account in dict.fromkeys(accounts):
        owned = [name for name, it in database.databases.items() if it.owner == account]
        for name in owned if account in database.users else ["postgres"]:
            index = _deciding(database.access, name, account, None)
            method = "peer" if index is None else database.access[index].method
            key = origin.own("database", "access", *([] if index is None else [index]))
            if account not in database.users:
                key = origin.own("database", "users")
            yield DatabaseAccess(
                **key,
                source="socket",
                address=_SOCKET,
                user=account,
                database=name,
                password=False,
                allowed=account in database.users and method in {"peer", "trust"},
            )


def _deciding(
    rules: tuple[AccessRule, ...], database: str, user: str, clients: IPv4Network | None
) -> int | None:
    """The first rule that fits these clients, or local ones; TLS is off, so that hostssl fits none."""
    wanted = "local" if clients is None else "host"
    for index, rule in enumerate(rules):
        fits = rule.database in {"all", database} and rule.user in {"all", user}
        if rule.type == wanted and fits and _holds(rule.address, clients):
            return index
    return None


def _holds(address: AnyNetwork | None, clients: IPv4Network | None) -> bool:
    if clients is None or not isinstance(address, IPv4Network):
        return clients is None
    if clients.overlaps(address) and not clients.subnet_of(address):
        raise _UnclearError
    return clients.subnet_of(address)
