"""A real PostgreSQL: what is in it, what is in force, and who is let in."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from real_postgres import Postgres, postgres
from sovereign.run import Completed
from sovereign.suite.transport import Local

from .machines import Recorded, expect, look

HBA = """
local all postgres trust
host emily emily 10.20.0.0/24 scram-sha-256
host all all ::1/128 reject
local emily emily scram-sha-256
"""


@dataclass(frozen=True)
class Here:
    """This machine, where PostgreSQL's account is whoever runs the server and the socket is the test's."""

    server: Postgres

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        folder = str(self.server.folder)
        words = list(argv)
        if words[:1] == ["runuser"]:
            user = words[2]
            words = [*words[4:], *([] if "-U" in words else ["-U", user]), "-h", folder]
        if words[:1] == ["env"]:
            words[words.index("-h") + 1] = (
                folder  # "from a zone", over the only socket that there is
            )
        return Local().run(words, stdin, timeout)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    pytest.importorskip("psycopg")
    del tmp_path_factory
    with postgres() as one:
        one.sql("CREATE ROLE emily LOGIN PASSWORD 'pa:ss\\word'")
        one.sql("CREATE ROLE mlflow LOGIN CREATEDB")
        one.sql("CREATE DATABASE emily OWNER emily")
        one.sql("CREATE EXTENSION vector", "emily")
        one.sql("ALTER SYSTEM SET work_mem = '64MB'")
        hba = one.folder / "data" / "pg_hba.conf"
        hba.write_text(HBA)
        one.sql("SELECT pg_reload_conf()")
        yield one


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("database", {"name": "emily", "owner": "emily", "extensions": ["vector"]}, ""),
        ("database", {"name": "none", "owner": "emily"}, "there is no database none"),
        ("database", {"name": "emily", "owner": "x"}, "emily must be x's, and is emily's"),
        (
            "database",
            {"name": "emily", "owner": "emily", "extensions": ["vector", "vchord"]},
            "emily lacks the extension vchord",
        ),
        ("database-role", {"name": "emily", "password": True}, ""),
        ("database-role", {"name": "x'; --", "password": True}, "there is no role x'; --"),
        (
            "database-role",
            {"name": "emily", "password": False},
            "the role emily has a password",
        ),
        (
            "database-role",
            {"name": "mlflow", "password": False},
            "the role mlflow may do more than log in",
        ),
        ("database-setting", {"name": "work_mem", "value": "64MB"}, ""),
        ("database-setting", {"name": "fsync", "value": "on"}, 'fsync must be "on", and is "off"'),
        ("database-setting", {"name": "no_such", "value": "1"}, 'no_such must be "1", and is null'),
    ],
)
def test_what_is_in_the_database(
    server: Postgres, kind: str, fields: dict[str, object], message: str
) -> None:
    expected = "failed" if message else "passed", message
    assert look(expect(kind, **fields), Here(server)) == expected


RULES = [line for line in HBA.splitlines() if line]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (RULES, ""),
        (RULES[1:], "a rule that nobody gave: local all postgres trust"),
        ([*RULES, "local all all peer"], "a rule is missing: local all all peer"),
        ([RULES[1], RULES[0], *RULES[2:]], "the rules stand in another order: "),
    ],
)
def test_the_rules_are_these_in_this_order(
    server: Postgres, rules: list[str], message: str
) -> None:
    outcome, said = look(expect("database-rules", rules=rules), Here(server))
    assert outcome == ("failed" if message else "passed")
    assert said.startswith(message)


def access(source: str, user: str, database: str, *, password: bool, allowed: bool) -> object:
    return expect(
        "database-access",
        source=source,
        address="10.20.0.2",
        user=user,
        database=database,
        password=password,
        allowed=allowed,
    )


@pytest.mark.parametrize(
    ("source", "user", "given", "password", "allowed", "message"),
    [
        ("data", "emily", "pa:ss\\word", True, True, ""),
        ("data", "emily", "", False, False, ""),
        ("data", "emily", "wrong", True, False, ""),
        ("data", "emily", "pa:ss\\word", True, False, "emily from data with a password into emily"),
        (
            "data",
            "emily",
            "wrong",
            True,
            True,
            "emily from data with a password into emily must get in, and does not (psql: error:",
        ),
        ("socket", "postgres", "", False, True, ""),
        ("socket", "mlflow", "", False, False, ""),
        ("socket", "postgres", "", False, False, "postgres over the socket without a password"),
    ],
)
def test_who_is_let_in(
    server: Postgres,
    tmp_path: Path,
    source: str,
    user: str,
    given: str,
    password: bool,
    allowed: bool,
    message: str,
) -> None:
    (tmp_path / "postgresql").mkdir()
    (tmp_path / "postgresql" / user).write_text(given)
    one = access(source, user, "emily", password=password, allowed=allowed)
    outcome, said = look(one, Here(server), {"data": Here(server)}, tmp_path)
    assert outcome == ("failed" if message else "passed"), said
    assert said.startswith(message)
    assert not given or given not in said
    assert not list(Path(os.environ.get("XDG_RUNTIME_DIR", "/run")).glob("sovereign.*"))


def test_a_server_that_does_not_run_refuses_nobody() -> None:
    dead = Recorded(
        {
            "runuser": [2, "", "connection to server on socket failed: No such file or directory"],
            "sh": "",
        }
    )
    one = access("socket", "nobody", "emily", password=False, allowed=False)
    assert look(one, dead)[0] == "failed"
    assert look(expect("database", name="emily", owner="emily"), dead) == (
        "failed",
        "PostgreSQL does not answer: connection to server on socket failed: No such file or directory",
    )
