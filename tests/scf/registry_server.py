"""A real MLflow server on this machine: SQLite behind it, artifacts in a folder."""

import importlib.util
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sovereign.run import Process, start

HAVE_CLIENT = importlib.util.find_spec("mlflow") is not None
HAVE_SERVER = HAVE_CLIENT and importlib.util.find_spec("sqlalchemy") is not None


class Server:
    """One that can be stopped and started again, with what it knew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self.uri = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._process = start(
            [
                *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(self._port)),
                *("--backend-store-uri", f"sqlite:///{self._folder / 'mlflow.db'}"),
                *("--artifacts-destination", self._folder / "artifacts"),
            ],
            log=self._folder / "server.log",
            env={"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
        )
        until = time.monotonic() + 150
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with urlopen(f"{self.uri}/health", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.5)
        raise RuntimeError((self._folder / "server.log").read_text()[-2000:])

    def stop(self) -> None:
        if self._process is not None:
            pid = self._process.pid
            self._process.stop()
            # its workers are in its session, which is no other's
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            self._process = None


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    if not HAVE_SERVER:
        pytest.skip("needs the whole of mlflow, with its server")
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def import_client() -> None:
    """Import the client, whose own imports warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        from mlflow import MlflowClient

        del mlflow, MlflowClient
