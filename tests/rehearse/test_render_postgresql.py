"""postgresql.conf as NixOS renders it, read back by the real server."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real_postgres import Postgres, postgres
from sovereign.rehearse.render.postgresql_conf import (
    Value,
    own_settings,
    postgresql_conf,
    prepare_script,
    setup_script,
)
from sovereign.run import run

OWN = own_settings(every_address=False, jit=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.mark.parametrize(
    ("given_settings", "text"),
    [
        ({"port": 5432, "fsync": False, "jit": True}, "fsync = no\njit = yes\nport = 5432"),
        ({"random_page_cost": 1.1}, "random_page_cost = 1.100000"),
        ({"log_line_prefix": "it's %p "}, "log_line_prefix = 'it''s %p '"),
        ({"shared_preload_libraries": None}, ""),
    ],
)
def test_the_text(given_settings: dict[str, Value], text: str) -> None:
    assert postgresql_conf(given_settings) == text


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("log_line_prefix", "it's [%p] ", "it's [%p] "),
        ("log_line_prefix", "''", "''"),
        ("log_line_prefix", "# no comment", "# no comment"),
        ("cluster_name", "", ""),
        ("random_page_cost", 1.1, "1.1"),
        ("shared_buffers", "8GB", str(8 * 1024 * 1024 // 8)),
        ("listen_addresses", "localhost,10.20.0.2", "localhost,10.20.0.2"),
        ("autovacuum", False, "off"),
        ("max_connections", 200, "200"),
    ],
)
def test_the_server_reads_what_was_meant(
    server: Postgres, name: str, value: Value, read: str
) -> None:
    assert read_back(server, name, value) == read


@settings(max_examples=20, deadline=None)
@given(st.text("ab '\"#=%ß{}", max_size=20))
def test_every_text_is_read_back(server: Postgres, text: str) -> None:
    assert read_back(server, "log_line_prefix", text) == text


def read_back(server: Postgres, name: str, value: Value) -> str:
    """A setting as the real server reads it from the file."""
    file = server.folder / "read.conf"
    file.write_text(postgresql_conf({**OWN, name: value}), "utf-8")
    data = f"--config-file={file}", "-D", str(server.folder / "data")
    done = subprocess.run(
        server.program("postgres", *data, "-C", name), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n").removesuffix(" kB")


@pytest.mark.parametrize(
    "script",
    [
        prepare_script("/var/lib/postgresql/17", "/etc/postgresql.conf", ("--data-checksums",)),
        setup_script("/var/lib/postgresql/17", ("a",), {"a": (True, {"createdb": True})}),
    ],
)
def test_the_scripts_are_shell(script: str) -> None:
    assert run(["bash", "-n"], stdin=script).err == ""


def test_the_data_is_made_once(tmp_path: Path) -> None:
    """`initdb` stands for the real one: the second run must not call it."""
    data, programs = tmp_path / "data", tmp_path / "bin"
    data.mkdir()
    programs.mkdir()
    (programs / "initdb").write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n: > {data}/PG_VERSION\n', "utf-8"
    )
    (programs / "initdb").chmod(0o755)
    script = prepare_script(str(data), "/etc/other.conf", ("--locale", "it's"))
    path = f"{programs}:{Path(shutil.which('bash') or '/bin/bash').parent}:/usr/bin:/bin"
    for _ in range(2):
        run(["bash", "-e"], stdin=script, env={"PATH": path})
    assert (tmp_path / "calls").read_text("utf-8") == "-U postgres --locale it's\n"
    assert (data / "postgresql.conf").readlink() == Path("/etc/other.conf")


@pytest.fixture(scope="module")
def ready(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """The real server after its setup has run, and has run again."""
    programs = tmp_path_factory.mktemp("bin")
    running = programs / "systemctl"
    running.write_text("#!/bin/sh\nexit 0\n", "utf-8")
    running.chmod(0o755)
    psql = Path(next(word for word in server.program("psql") if word.endswith("/psql")))
    script = setup_script(
        str(server.folder),
        ("ann", "it"),
        {"ann": (True, {"createdb": True, "createrole": False}), "bob": (False, {})},
    )
    place = {"PGHOST": str(server.folder), "PGUSER": "postgres", "PGDATABASE": "postgres"}
    path = f"{psql.parent}:{programs}:/usr/bin:/bin"
    for _ in range(2):
        run(["bash", "-e"], stdin=script, env={**place, "PATH": path}, timeout=30)
    return server


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT count(*) FROM pg_database WHERE datname IN ('ann', 'it')", 2),
        ("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'ann'", "ann"),
        ("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'it'", "postgres"),
        ("SELECT rolcreatedb FROM pg_roles WHERE rolname = 'ann'", True),
        ("SELECT rolcreatedb FROM pg_roles WHERE rolname = 'bob'", False),
    ],
)
def test_the_setup_makes_what_is_declared(ready: Postgres, question: str, answer: object) -> None:
    import psycopg

    with psycopg.connect(ready.dsn("postgres")) as connection:
        assert connection.execute(question.encode()).fetchone() == (answer,)
