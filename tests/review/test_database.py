"""Who gets in to PostgreSQL, by which line of pg_hba.conf."""

import pytest

from sovereign.review import database, database_zones

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

FIRST = 'database = "emily"\nuser = "emily"\naddress = "10.20.0.0/24"\nmethod = "scram-sha-256"'
ZONES = '[database]\nversion = 17\nzones = ["data", "vpn"]'


def rule(
    kind: str = "host",
    name: str = "all",
    user: str = "all",
    address: str = "",
    method: str = "scram-sha-256",
) -> str:
    """A row of database.access."""
    where = f'address = "{address}"\n' if address else ""
    return (
        f'[[database.access]]\ntype = "{kind}"\ndatabase = "{name}"\nuser = "{user}"\n'
        f'{where}method = "{method}"\n'
    )


FOUND = [
    Case(
        database.trust,
        '"trust"',
        'everybody at 10.0.0.0/24 may be role "emily" without a password',
        host_end=rule(name="emily", user="emily", address="10.0.0.0/24", method="trust"),
    ),
    Case(
        database.weak_method,
        '"md5"',
        'method "md5" is weak',
        host_end=rule(address="127.0.0.1/32", method="md5"),
    ),
    Case(
        database.weak_method,
        '"password"',
        "host all all 10.20.0.0/24 password",
        host_end=rule(address="10.20.0.0/24", method="password"),
    ),
    Case(
        database.refused_line,
        '"peer"',
        "peer works on local sockets only",
        host_end=rule(address="10.20.0.0/24", method="peer"),
    ),
    Case(
        database.refused_line,
        '"cert"',
        "cert works over hostssl only",
        host_end=rule(address="10.20.0.0/24", method="cert"),
    ),
    Case(
        database.refused_line,
        '"10.20.0.0/24"',
        "a local socket has no address",
        host_end=rule("local", address="10.20.0.0/24", method="peer"),
    ),
    Case(
        database.refused_line,
        '"host"',
        'a rule of type "host" needs an address',
        host_end=rule(),
    ),
    Case(
        database.no_password,
        '"guest"',
        'role "guest" has no password and is refused',
        host_end="[database.users.guest]\n" + rule(user="guest", address="10.20.0.0/24"),
    ),
    Case(
        database.password_unused,
        '{ path = "/persist/secrets/postgresql/guest" }',
        'no access rule asks for the password of role "guest"',
        host_end="[database.users.guest]\n"
        'password = { path = "/persist/secrets/postgresql/guest" }',
    ),
    Case(
        database_zones.beyond_the_zones,
        '"192.168.1.0/24"',
        "192.168.1.0/24 is in no zone that may connect",
        host_end=rule(address="192.168.1.0/24"),
    ),
    Case(
        database_zones.beyond_the_zones,
        '"0.0.0.0/0"',
        "0.0.0.0/0 is wider than the zones that may connect",
        host_end=rule(address="0.0.0.0/0"),
    ),
    Case(
        database_zones.beyond_the_zones,
        '"fd00::/8"',
        "fd00::/8 is in no zone",
        host_end=rule(address="fd00::/8"),
    ),
    Case(
        database_zones.open_to_the_internet,
        '"internet"',
        "everybody on the internet reaches PostgreSQL",
        ((ZONES, '[database]\nversion = 17\nzones = ["data", "internet"]'),),
    ),
    Case(
        database.never_matches,
        "[[database.access]]",
        "1: host emily emily 10.20.0.0/24 scram-sha-256\n4: host emily emily 10.20.0.7/32 reject",
        host_end=rule(name="emily", user="emily", address="10.20.0.7/32", method="reject"),
    ),
    Case(
        database.hostssl_without_tls,
        '"hostssl"',
        "no connection has TLS",
        host_end=rule("hostssl", address="10.20.0.0/24"),
    ),
    Case(
        database.reserved_name,
        "[database.users.pg_reader]",
        'a role must not be called "pg_reader"',
        host_end="[database.users.pg_reader]",
    ),
    Case(
        database.reserved_name,
        "[database.databases.template1]",
        'a database must not be called "template1"',
        host_end='[database.databases.template1]\nowner = "emily"',
    ),
]

SOUND = [
    Sound(database.trust, "peer on the socket", host_end=rule("local", method="peer")),
    Sound(
        database.refused_line,
        "cert over hostssl",
        host_end=rule("hostssl", address="10.20.0.0/24", method="cert"),
    ),
    Sound(
        database.no_password,
        "peer needs none",
        host_end="[database.users.guest]\n" + rule("local", user="guest", method="peer"),
    ),
    Sound(
        database_zones.beyond_the_zones,
        "a part of a zone",
        host_end=rule(address="10.20.0.128/25"),
    ),
    Sound(
        database_zones.beyond_the_zones,
        "the host itself",
        host_end=rule(address="::1/128") + rule(address="127.0.0.1/32"),
    ),
    Sound(
        database_zones.beyond_the_zones,
        "whoever is refused may be anywhere",
        host_end=rule(address="0.0.0.0/0", method="reject"),
    ),
    Sound(
        database.never_matches,
        "the narrow rule comes first",
        (
            (
                f'[[database.access]]\ntype = "host"\n{FIRST}',
                rule(name="emily", user="emily", address="10.20.0.7/32", method="reject")
                + f'\n[[database.access]]\ntype = "host"\n{FIRST}',
            ),
        ),
    ),
    Sound(
        database.never_matches,
        "IPv4 and IPv6 never meet",
        host_end=rule(address="0.0.0.0/0") + rule(address="::/0"),
    ),
    Sound(
        database.never_matches,
        "a rule for hostssl leaves host to the next",
        host_end=rule("hostssl", address="10.30.0.0/24") + rule(address="10.30.0.0/24"),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_an_access_rule_is_no_good(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_an_access_rule_is_sound(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_the_documents_trust_everybody_three_times(committed: Draft) -> None:
    draft = committed.add_to_host(
        rule("local", method="trust")
        + rule(address="127.0.0.1/32", method="trust")
        + rule(address="::1/128", method="trust")
    )
    findings = draft.findings(database.trust)
    assert [found.detail for found in findings] == [
        "local all all trust",
        "host all all 127.0.0.1/32 trust",
        "host all all ::1/128 trust",
    ]
    assert {found.message for found in findings} == {
        "every process of this host may be any role, the superuser too, without a password"
    }
    lines = draft.texts["hosts/cloudlab/host.toml"].split("\n")
    places = [draft.place(found) for found in findings]
    assert [place.marked for place in places] == ['"trust"'] * 3
    assert [lines[place.number - 2] for place in places] == [
        'user = "all"',
        'address = "127.0.0.1/32"',
        'address = "::1/128"',
    ]
    assert [found.fix for found in findings] == [
        'method = "peer"',
        'method = "scram-sha-256"',
        'method = "scram-sha-256"',
    ]
