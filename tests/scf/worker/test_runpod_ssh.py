"""A pod as the image makes it, over ssh: it proves itself by its host key, and lets the user's key in."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.scf.worker_rented import Rents
from tests.scf.worker_runpod import Account
from tests.scf.worker_toy import COMMAND

from scf.contracts.job import Job
from scf.worker.pod_keys import PodKeys
from scf.worker.rsync import Login
from scf.worker.runner import Phase
from scf.worker.runpod_api import Pod
from scf.worker.way import ByRsync
from sovereign.run import Process, start

from .conftest import SERVE, free_port, listening

ENTRYPOINT = Path(__file__).parents[3] / "py/scf/worker/image/entrypoint"


class Here(PodKeys):
    """Pods that are folders of this machine, entered by its user."""

    def way(self, pod: Pod) -> ByRsync | None:
        found = PodKeys.way(self, pod)
        base = str(self.folder.parent / "srv")
        return found and replace(found, login=replace(found.login, user="root"), base=base)


@pytest.fixture
def entered(kernel: None, far: Login, tmp_path: Path) -> Iterator[Callable[[Account], int]]:
    """Start what the image starts, here instead of in a pod; the port where its sshd listens."""
    del kernel, far  # that there is an sshd, and rsync, is known from there
    (programs := tmp_path / "programs").mkdir()
    toy = " ".join(str(word) for word in COMMAND)
    (programs / "scf").write_text(f'#!/bin/sh\nenv > {tmp_path}/seen\nshift\nexec {toy} "$@"\n')
    (programs / "scf").chmod(0o755)
    started: list[Process] = []

    def enter(account: Account) -> int:
        port = free_port()
        given = account.created[0]["env"]
        assert isinstance(given, dict)
        env = {
            **given,
            "HOME": str(tmp_path / "home"),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SCF_BASE": str(tmp_path / "srv"),
            "SCF_PORT": str(port),
        }
        # a process space of its own: sshd, which goes its own way, ends with it
        alone = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SERVE)
        started.append(start([*alone, ENTRYPOINT], env=env, log=tmp_path / "log"))
        listening(port, started[0])
        return port

    yield enter
    for process in started:
        process.stop(grace=0)


def test_by_the_image_of_the_worker_over_ssh(
    entered: Callable[[Account], int],
    account: Account,
    rents: Rents,
    keys: PodKeys,
    work: Job,
    tmp_path: Path,
) -> None:
    """The pod proves itself by the host key that was made for it, and lets the user's key in."""

    (one := rents(access=Here(keys.folder, keys.user_key))).submit(work)
    account.run(entered(account))
    deadline = time.monotonic() + 45
    while (state := one.look(work)).phase is not Phase.DONE:
        assert state.phase is not Phase.FAILED, state
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
    assert account.pods == {}
    assert list(keys.folder.iterdir()) == []
    assert "PRIVATE KEY" not in (tmp_path / "seen").read_text()
    assert not (tmp_path / "home" / ".ssh" / "host_key").stat().st_mode & 0o077
