"""The registries that the contract is tested on."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scf.registry_server import Server, import_client, served

from scf.drive import Drive
from scf.registry.files import FileRegistry
from scf.registry.mirrored import Mirrored
from scf.registry.mlflow import MlflowRegistry
from scf.registry.registry import Registry

_COUNT = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("mlflow")) as server:
        import_client()
        yield server


@pytest.fixture
def prefix() -> str:
    """A part of the server that no other test uses."""
    return f"test-{next(_COUNT)}-"


@pytest.fixture(params=["files", "mlflow", "mirrored"])
def registry(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Registry:
    drive = Drive.make(tmp_path / "drive")
    files = FileRegistry(drive)
    if request.param == "files":
        return files
    server: Server = request.getfixturevalue("server")
    mlflow = MlflowRegistry(server.uri, prefix=prefix)
    return mlflow if request.param == "mlflow" else Mirrored(drive, files, mlflow)
