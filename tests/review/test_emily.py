"""Emily: who may call her, where she remembers, and what she takes of her host."""

import pytest

from sovereign.review import emily
from sovereign.review.ports import same_port_on_host, wrong_protocol
from sovereign.review.rule import Rule

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

TOKEN = 'token = { path = "/persist/secrets/emily/token" }\n'
TABLE = f'[emily]\nzones = ["vpn"]\n{TOKEN}memory = "emily"\n'
DATABASE = '[database.databases.emily]\nowner = "emily"\nextensions = ["vector"]'
FIRST_RULE = '[[database.access]]\ntype = "host"\ndatabase = "emily"\nuser = "emily"\naddress = "10.20.0.0/24"'


def socket_rule(database: str, user: str, method: str) -> tuple[str, str]:
    rule = f'type = "local"\ndatabase = "{database}"\nuser = "{user}"\nmethod = "{method}"'
    return FIRST_RULE, f"[[database.access]]\n{rule}\n\n{FIRST_RULE}"


FOUND = [
    Case(emily.no_token, '["vpn"]', "zone vpn may call the API", ((TOKEN, ""),)),
    Case(
        emily.open_to_the_internet,
        '"internet"',
        'through zone "internet"',
        ((TABLE, TABLE.replace('["vpn"]', '["vpn", "internet"]')),),
    ),
    Case(
        emily.no_vectors,
        '"emily"',
        "it has: pg_trgm",
        ((DATABASE, DATABASE.replace("vector", "pg_trgm")),),
    ),
    Case(
        emily.no_login,
        '"mlflow"',
        'database "mlflow" belongs to role "mlflow"',
        ((TABLE, TABLE.replace('memory = "emily"', 'memory = "mlflow"')),),
    ),
    Case(
        emily.no_login,
        '"scram-sha-256"',
        "the first rule that fits a connection is the one that counts",
        (socket_rule("all", "emily", "scram-sha-256"),),
    ),
    Case(
        emily.memory_budget,
        '"16GiB"',
        "6 units x 16.0 GiB 96.0 GiB + the ARC's limit 48.0 GiB + the root in memory 2.0 GiB"
        " + shared_buffers 8.0 GiB = 154.0 GiB",
        ((TABLE, f'{TABLE}memory_max = "16GiB"\n'),),
    ),
    Case(
        emily.memory_is_lost,
        "[emily]",
        "/var/lib/emily is on the root in memory",
        (('  "/var/lib/emily",\n', ""),),
    ),
    Case(
        emily.account_is_taken,
        "[samba.users.emily]",
        "the name of her account",
        (
            (
                "[samba.shares.code]",
                '[samba.users.emily]\npassword = { path = "/persist/secrets/samba/emily" }\n\n'
                "[samba.shares.code]",
            ),
        ),
    ),
    Case(
        emily.account_is_taken,
        '"emily"',
        'operator "emily" has the name of her account',
        (('operators = ["colter"]', 'operators = ["colter", "emily"]'),),
        fleet_end='[operators.emily]\nkeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0DSbo0uUlHnmbHcs'
        'rtFcBhl5ipjtq3qi6jl1/IUK+/ emily"]\n',
    ),
    Case(
        same_port_on_host,
        '"postgresql"',
        "PostgreSQL and Emily's API both listen on port 5432/tcp",
        ((TABLE, f'{TABLE}port = "postgresql"\n'),),
    ),
    Case(
        same_port_on_host,
        "[emily]",
        "Emily's API and Emily's bus both listen on port 7447/tcp",
        fleet=(("emily = { port = 8600 }", "emily = { port = 7447 }"),),
    ),
    Case(
        wrong_protocol,
        "[emily]",
        "Emily's bus speaks TCP",
        fleet=(("zenoh = { port = 7447 }", 'zenoh = { port = 7447, protocol = "udp" }'),),
    ),
]

SOUND = [
    Sound(emily.no_token, "only this host calls her", ((TABLE, "[emily]\n"),)),
    Sound(
        emily.no_vectors,
        "a file of her own",
        (
            (DATABASE, DATABASE.replace('["vector"]', "[]")),
            (TABLE, TABLE.replace('memory = "emily"\n', "")),
        ),
    ),
    Sound(emily.no_login, "a rule of her own for peer", (socket_rule("emily", "emily", "peer"),)),
    Sound(
        emily.no_login,
        "a password for somebody else",
        (socket_rule("mlflow", "mlflow", "scram-sha-256"),),
    ),
    Sound(
        emily.memory_budget,
        "as much as there is",
        (
            ('memory = "128GiB"', 'memory = "64GiB"'),
            (TABLE, f'{TABLE}memory_max = "1GiB"\n'),
        ),
    ),
    Sound(
        emily.memory_budget,
        "what is too much without her",
        (('memory = "128GiB"', 'memory = "50GiB"'),),
    ),
    Sound(
        emily.memory_is_lost,
        "a dataset of her own",
        (
            ('  "/var/lib/emily",\n', ""),
            ('apps = { mount = "/rpool/apps" }', 'apps = { mount = "/var/lib/emily" }'),
        ),
    ),
    Sound(
        emily.memory_is_lost,
        "BOOT050 tells of persist",
        (('persist = { mount = "/persist" }', "persist = {}"),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_what_keeps_her_from_working_is_found(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_she_has_what_she_needs(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_a_host_without_her_has_nothing_to_say(committed: Draft) -> None:
    rules = [value for value in vars(emily).values() if isinstance(value, Rule)]
    assert len(rules) == 7
    assert not committed.host(TABLE, "").findings(*rules)
