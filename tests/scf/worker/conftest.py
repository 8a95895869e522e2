"""Real servers on loopback: sshd with rsync behind it, S3 as moto speaks it, and an account of RunPod's."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.scf.worker_rented import AT_ONCE, Folders, Inline, Rents
from tests.scf.worker_runpod import KEY, Account, serving
from tests.scf.worker_toy import drive, job

from scf.contracts.job import Job
from scf.drive import Drive
from scf.worker.access import Access
from scf.worker.pod_keys import PodKeys
from scf.worker.rsync import Login
from scf.worker.runpod import Offer, Patience, RunPodRunner
from scf.worker.runpod_api import RunPodApi
from sovereign.run import Process, run, start

CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
SetEnv PATH={path}
"""
# sshd's own folder is made in a /run of its own
SERVE = 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$0" "$@"'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int, server: Process) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


@pytest.fixture(scope="session")
def far(kernel: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    """A machine that is entered by ssh, this one; its host key is known under another name."""
    del kernel
    path = os.environ["PATH"]
    programs = {
        name: shutil.which(name, path=f"{path}:/usr/sbin") for name in ("rsync", "ssh", "sshd")
    }
    missing = [name for name, found in programs.items() if found is None]
    if missing and os.environ.get("SOVEREIGN_REQUIRE_KERNEL"):
        pytest.fail(f"SOVEREIGN_REQUIRE_KERNEL is set; missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"missing: {', '.join(missing)}")
    folder, port = tmp_path_factory.mktemp("ssh"), free_port()
    for name in ("host", "user"):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name])
    (folder / "known").write_text(f"scf-far {(folder / 'host.pub').read_text()}")
    config = folder / "config"
    config.write_text(CONFIG.format(port=port, folder=folder, path=path))
    sshd = (str(programs["sshd"]), "-D", "-e", "-f", config)
    server = start(["unshare", "--mount", "sh", "-c", SERVE, *sshd], log=folder / "log")
    try:
        listening(port, server)
        yield Login("127.0.0.1", port, "root", folder / "user", folder / "known", "scf-far")
    finally:
        server.stop()


@dataclass(frozen=True)
class Bucket:
    """A server of S3 with a bucket."""

    endpoint: str
    name: str
    credentials: Path


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    pytest.importorskip("pyarrow")
    pytest.importorskip("moto.server")
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    keys = folder / "credentials"
    keys.write_text("[default]\naws_access_key_id = one\naws_secret_access_key = secret-of-s3\n")
    keys.chmod(0o600)
    argv = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    server = start(argv, log=folder / "log")
    try:
        listening(port, server)
        endpoint = f"http://127.0.0.1:{port}"
        run([sys.executable, "-c", MAKE_BUCKET, str(port)])
        yield Bucket(endpoint, "fossils", keys)
    finally:
        server.stop()


MAKE_BUCKET = """
import http.client, sys
link = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
link.request("PUT", "/fossils", headers={"Authorization":
    "AWS4-HMAC-SHA256 Credential=one/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"})
assert link.getresponse().status == 200
"""


@pytest.fixture
def account() -> Iterator[Account]:
    with serving() as one:
        yield one


@pytest.fixture
def on(tmp_path: Path) -> Drive:
    return drive(tmp_path / "drive")


@pytest.fixture
def disks(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "disks")


@pytest.fixture
def keys(tmp_path: Path) -> PodKeys:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", tmp_path / "user"])
    return PodKeys(tmp_path / "keys", tmp_path / "user")


@pytest.fixture
def rents(on: Drive, account: Account, disks: Folders, keys: PodKeys, tmp_path: Path) -> Rents:
    """Makes a runner, as a process that never made another would have it.

    With an `access` files go there by a process beside us.
    """
    (key := tmp_path / "account").write_text(KEY)
    key.chmod(0o600)
    offer = Offer("worker:1", ("NVIDIA H100 80GB HBM3",), most_dollars_an_hour=4.0)

    def make(
        patience: Patience = AT_ONCE,
        access: Access | None = None,
        *,
        on: Drive = on,
        code: str = "revision-1",
    ) -> RunPodRunner:
        api = RunPodApi(key, endpoint=account.endpoint, timeout=2.0, pause=lambda _: None)
        return RunPodRunner(
            on,
            code=code,
            api=api,
            offer=offer,
            access=access or keys,
            patience=patience,
            carrier=None if access else Inline(on, disks),
        )

    return make


@pytest.fixture
def work() -> Job:
    return job(dollars=5.0)
