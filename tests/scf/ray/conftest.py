"""A cluster of two nodes on loopback, each with an address of its own, and a drive with points."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from tests.scf.training_ebdm_data import dataset

from scf.contracts.dataset import Dataset
from scf.drive import Drive, Partition
from scf.worker.lock import holder

ENV = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
HEALTH = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_failure_threshold": 3,
}


class Nodes:
    """A cluster that processes of this test join; this one never does."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._count = 1
        self._options = {"num_cpus": 1, "object_store_memory": 100 << 20}
        head = {"node_ip_address": "127.0.0.2", "include_dashboard": False}
        self._cluster = Cluster(
            initialize_head=True,
            head_node_args={**self._options, **head, "_system_config": HEALTH},
        )
        self.address: str = self._cluster.address
        self.add()

    def add(self) -> None:
        """Another node, at an address of its own."""
        self._count += 1
        self._node = self._cluster.add_node(
            node_ip_address=f"127.0.0.{self._count + 1}", **self._options
        )

    def kill_node(self) -> None:
        """kill -9 what the node that was added last consists of."""
        self._cluster.remove_node(self._node, allow_graceful=False)

    def workers(self, count: int, *, other_than: int = 0) -> list[int]:
        """The processes that compute slopes, once there are so many that can be found."""
        deadline = time.monotonic() + 60
        while len(found := self._workers() - {other_than}) != count:
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return sorted(found)

    def _workers(self) -> set[int]:
        nodes = {
            process.process.pid
            for node in self._cluster.list_all_nodes()
            for process in node.all_processes["raylet"]
        }
        return {pid for pid, parent, words in _processes() if parent in nodes and "Slope" in words}

    def shutdown(self) -> None:
        self._cluster.shutdown()


def _processes() -> Iterator[tuple[int, int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            yield int(entry.name), parent, words


@pytest.fixture(scope="session")
def folder_of_ray() -> Iterator[Path]:
    """Where Ray keeps its sockets, whose paths have to be short; gone afterwards."""
    pytest.importorskip("ray")
    if sys.platform != "linux":
        pytest.skip("loopback has one address only")
    with TemporaryDirectory(prefix="r-", dir="/tmp") as folder, pytest.MonkeyPatch.context() as env:
        for name, value in (ENV | {"RAY_TMPDIR": folder}).items():
            env.setenv(name, value)
        yield Path(folder)


@pytest.fixture
def nodes(folder_of_ray: Path) -> Iterator[Nodes]:
    """Two nodes, for as long as the test leaves them."""
    del folder_of_ray
    made = Nodes()
    yield made
    made.shutdown()


@pytest.fixture(scope="session")
def points(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    """A folder with shards, and what is in them."""
    folder = tmp_path_factory.mktemp("shards")
    rng = np.random.default_rng(1)
    spots = rng.normal(size=(1500, 2)) * 0.3 + rng.integers(0, 3, size=(1500, 1)) * 2.0
    return folder, dataset(folder, spots, shards=2)


@pytest.fixture
def on(tmp_path: Path, points: tuple[Path, Dataset]) -> Iterator[Drive]:
    """A drive with the points; what is still at work on it in the end is killed."""
    made = drive(tmp_path / "drive", points)
    yield made
    for folder in (made.root / "model_zoo" / "runs").glob("*"):
        if process := holder(folder):
            os.kill(process, signal.SIGKILL)


def drive(root: Path, points: tuple[Path, Dataset]) -> Drive:
    """A drive whose vault holds the points."""
    folder, data = points
    made = Drive.make(root)
    shards = made.folder(Partition.FOSSIL_VAULT, "shards")
    for shard in data.shards:
        made.write(shards / shard.name, (folder / shard.name).read_bytes())
    listed = made.folder(Partition.FOSSIL_VAULT, "datasets") / f"{data.id}.json"
    made.write(listed, data.canonical())
    return made
