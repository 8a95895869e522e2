"""Migrations run forwards, backwards, once, in order, and never halfway."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from emily.cognition.memory import MigrationError, StoreUnavailable
from emily.cognition.memory import migrations as package
from emily.cognition.memory.migrations import (
    BASE,
    Migration,
    Script,
    Step,
    drivers,
    known,
    migrate,
    schema_hash,
)

Connect = Callable[[], "sqlite3.Connection | psycopg.Connection"]
ASKED = "SELECT 1 = 1"


@pytest.fixture(params=["sqlite", "postgres"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    """Opens connections to one database without a schema."""
    opened: list[sqlite3.Connection | psycopg.Connection] = []
    if request.param == "postgres":
        dsn = request.getfixturevalue("postgres_server").create(migrated=False)

    def connection() -> sqlite3.Connection | psycopg.Connection:
        if request.param == "sqlite":
            opened.append(sqlite3.connect(tmp_path / "db", timeout=5, check_same_thread=False))
        else:
            opened.append(psycopg.connect(dsn, autocommit=True))
        return opened[-1]

    yield connection
    for each in opened:
        each.close()


def step(
    name: str, *up: str, verify: str = ASKED, down: str = "SELECT 1", sha256: str = "0"
) -> Step:
    script = Script(up=up, down=(down,), verify=verify)
    return Step(Migration(name, date(2026, 1, 1), name, script, script), sha256)


def test_up_down_up_gives_the_same_schema(connect: Connect) -> None:
    connection = connect()
    empty = schema_hash(connection)
    up = migrate(connection)
    full = schema_hash(connection)
    down = migrate(connection, to=BASE)
    assert [each.id for each in down] == [each.id for each in reversed(up)]
    assert schema_hash(connection) == empty != full
    assert migrate(connection) == up
    assert schema_hash(connection) == full
    assert migrate(connection) == []


def test_it_stops_where_it_is_told_to(connect: Connect) -> None:
    connection = connect()
    steps = [
        step(f"000{n}", f"CREATE TABLE t{n} (a int)", down=f"DROP TABLE t{n}") for n in (1, 2, 3)
    ]
    assert [each.id for each in migrate(connection, "0002", steps=steps)] == ["0001", "0002"]
    assert [each.id for each in migrate(connection, "0003", steps=steps)] == ["0003"]
    back = migrate(connection, "0001", steps=steps)
    assert [(each.id, each.direction) for each in back] == [("0003", "down"), ("0002", "down")]
    tables = drivers.driver(connection).tables()
    assert "t1" in tables
    assert not {"t2", "t3"} & tables


def test_a_dry_run_prints_the_sql_and_changes_nothing(connect: Connect, capsys) -> None:
    connection = connect()
    before = schema_hash(connection)
    planned = migrate(connection, dry_run=True)
    printed = capsys.readouterr().out
    assert "-- up 0001_episodes" in printed
    for applied in planned:
        for statement in applied.statements:
            assert f"{statement};" in printed
    assert schema_hash(connection) == before
    assert "schema_migrations" not in drivers.driver(connection).tables()
    assert migrate(connection) == planned


def test_a_file_that_was_changed_is_refused(connect: Connect) -> None:
    connection = connect()
    migrate(connection)
    before = schema_hash(connection)
    tampered = [replace(known()[0], sha256="0" * 64), *known()[1:]]
    for to in (None, BASE):
        with pytest.raises(MigrationError, match="0001_episodes was changed after it was applied"):
            migrate(connection, to, steps=tampered)
    assert schema_hash(connection) == before


def test_the_checksum_is_that_of_the_file() -> None:
    for each in known():
        (file,) = Path(package.__file__).parent.glob(f"m{each.migration.id}.py")
        assert each.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("verify", "told"),
    [
        ("SELECT 1 = 2", "not verified: verify returned"),
        ("SELECT 1 IS NULL", "not verified"),
        ("SELECT NULL = 1", "not verified"),
        ("SELECT 1 = 1, 1 = 1", "not verified"),
        ("SELECT 1 = 1 FROM t WHERE a = 1", "not verified"),
        ("SELECT 1 = 1 UNION ALL SELECT 1 = 1", "not verified"),
    ],
)
def test_what_is_not_verified_leaves_no_trace(connect: Connect, verify: str, told: str) -> None:
    connection = connect()
    before = schema_hash(connection)
    with pytest.raises(MigrationError, match=told):
        migrate(connection, steps=[step("0001", "CREATE TABLE t (a int)", verify=verify)])
    assert schema_hash(connection) == before
    migrate(connection, steps=[step("0001", "CREATE TABLE t (a int)")])


@pytest.mark.parametrize(
    "verify",
    [
        "SELECT count(*) FROM t",
        "SELECT count(*) FROM reflexive_memory WHERE hdc_dim = 10000",
        "SELECT 1",
        "SELECT (SELECT count(*) FROM t WHERE a = 1)",
        "SELECT count(*) AS \"n\" FROM t WHERE a = '='",
        "SELECT '1 = 1'",
    ],
)
def test_a_count_without_an_assertion_is_refused(verify: str) -> None:
    with pytest.raises(MigrationError, match="verify must select a condition"):
        Script(up=("SELECT 1",), down=("SELECT 1",), verify=verify)


def test_an_earlier_release_runs_on_the_schema_of_a_later_one(connect: Connect) -> None:
    connection = connect()
    steps = [step("0001", "CREATE TABLE t1 (a int)"), step("0002", "CREATE TABLE t2 (a int)")]
    migrate(connection, steps=steps)
    assert migrate(connection, steps=steps[:1]) == []
    assert "t2" in drivers.driver(connection).tables()
    for to in (BASE, "0001"):
        with pytest.raises(MigrationError, match="0002, which is unknown here"):
            migrate(connection, to, steps=steps[:1])


def test_what_the_database_has_and_the_files_do_not_is_refused(connect: Connect) -> None:
    connection = connect()
    steps = [step("0001", "CREATE TABLE t1 (a int)"), step("0003", "CREATE TABLE t3 (a int)")]
    migrate(connection, steps=steps)
    with pytest.raises(MigrationError, match="0001, which is unknown here"):
        migrate(connection, steps=steps[1:])
    with pytest.raises(MigrationError, match="a migration is missing before 0003"):
        migrate(connection, steps=[steps[0], step("0002", "SELECT 1"), steps[1]])


def test_targets_and_orders_that_make_no_sense_are_refused(connect: Connect) -> None:
    with pytest.raises(MigrationError, match="there is no migration 'nonsense'; there are base"):
        migrate(connect(), "nonsense")
    with pytest.raises(MigrationError, match="in order"):
        migrate(connect(), steps=[step("0002", "SELECT 1"), step("0001", "SELECT 1")])


def test_within_a_transaction_nothing_is_migrated(connect: Connect) -> None:
    connection = connect()
    connection.execute("BEGIN")
    with pytest.raises(MigrationError, match="within a transaction"):
        migrate(connection)
    connection.execute("ROLLBACK")
    assert migrate(connection)


def test_migrators_at_once_apply_everything_once(connect: Connect) -> None:
    done: list[str] = []

    def run(connection) -> None:
        done.extend(each.id for each in migrate(connection, steps=steps))

    steps = [step(f"000{n}", f"CREATE TABLE t{n} (a int)") for n in range(1, 6)]
    threads = [Thread(target=run, args=(connect(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [each.migration.id for each in steps]


def test_a_migrator_does_not_wait_forever_for_another(connect: Connect, monkeypatch) -> None:
    monkeypatch.setattr(drivers.PostgresDriver, "LOCK_TIMEOUT_S", 0.2)
    first, second = connect(), connect()
    if isinstance(second, sqlite3.Connection):
        second.execute("PRAGMA busy_timeout = 200")
    with drivers.driver(first).locked(), pytest.raises(StoreUnavailable, match="another migrator"):
        migrate(second)
    assert migrate(second)


CRASHING = """
import os, signal, sqlite3, sys
import psycopg
from emily.cognition.memory.migrations import BASE, drivers, migrate, schema_hash

left = 0

def dying(base):
    class Connection(base):
        def execute(self, *arguments, **options):
            global left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().execute(*arguments, **options)
    return Connection

def connect(dies):
    if sys.argv[1] == "sqlite":
        factory = dying(sqlite3.Connection) if dies else sqlite3.Connection
        return sqlite3.connect(sys.argv[2], factory=factory)
    factory = dying(psycopg.Connection) if dies else psycopg.Connection
    return factory.connect(sys.argv[2], autocommit=True)

for target in (None, BASE):
    survived, calls = False, 0
    while not survived:
        calls += 1
        connection = connect(False)
        migrate(connection, BASE if target is None else None)
        connection.close()
        pid = os.fork()
        if pid == 0:
            connection = connect(True)
            left = calls
            migrate(connection, target)
            os._exit(0)
        survived = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        connection = connect(False)
        halfway = schema_hash(connection)
        ledger = drivers.driver(connection).execute("SELECT count(*) FROM schema_migrations")[0][0]
        migrate(connection, target)
        print(target or "up", calls, survived, ledger, halfway, schema_hash(connection), flush=True)
        connection.close()
"""


def test_a_crash_at_any_statement_is_recovered_from(
    connect: Connect, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    reference = connect()
    expected = {0: schema_hash(reference)}
    for number, each in enumerate(migrate(reference, dry_run=True), 1):
        migrate(reference, each.id)
        expected[number] = schema_hash(reference)
    if isinstance(reference, sqlite3.Connection):
        arguments = ["sqlite", str(tmp_path / "crashing")]
    else:
        server = request.getfixturevalue("postgres_server")
        arguments = ["postgres", server.create(migrated=False)]
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, *arguments], check=True, capture_output=True, text=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    statements = sum(len(each.statements) for each in migrate(reference, BASE, dry_run=True))
    for direction, whole in (("up", max(expected)), ("base", 0)):
        rounds = [line for line in lines if line[0] == direction]
        assert len(rounds) > statements
        assert [line[2] for line in rounds] == ["False"] * (len(rounds) - 1) + ["True"]
        for line in rounds:
            assert line[4] == expected[int(line[3])], "the schema is that of the ledger"
            assert line[5] == expected[whole]
