"""What settings name is what is opened, and a daemon does without what is away."""

import subprocess
from pathlib import Path

import pytest

from scf.daemon.build import Parts, runners
from scf.daemon.loop import Did
from scf.registry.files import FileRegistry
from scf.settings import Home
from scf.worker.local import LocalRunner
from scf.worker.runpod import RunPodRunner
from scf_world import home, ingest

NOBODY = "http://127.0.0.1:9"
RUNPOD = f"""
[runpod]
endpoint = "{NOBODY}"
key_file = "runpod.key"
ssh_key_file = "ssh.key"
image = "worker:1"
"""


@pytest.fixture
def place(tmp_path: Path) -> Home:
    made = home(tmp_path)
    ingest(made, range(10))
    return made


def add(place: Home, text: str) -> None:
    place.settings_file.write_text(place.settings_file.read_text("utf-8") + text, "utf-8")


def test_without_more_there_is_this_machine_and_the_embedded_registry(place: Home) -> None:
    parts = Parts.open(place)
    (runner,) = runners(place, parts.settings, parts.drive)
    assert isinstance(runner, LocalRunner)
    assert isinstance(parts.registry, FileRegistry)


def test_rented_machines_are_asked_first_and_this_one_when_they_cannot_be_had(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.folder / "runpod.key").write_text("secret", "utf-8")
    (place.folder / "runpod.key").chmod(0o600)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place.folder / "ssh.key"], check=True
    )
    add(place, RUNPOD)
    text = place.settings_file.read_text("utf-8")
    place.settings_file.write_text(
        text.replace("seconds = 60.0", "seconds = 60.0, dollars = 5.0"), "utf-8"
    )
    parts = Parts.open(place)
    rented, _ = runners(place, parts.settings, parts.drive)
    assert isinstance(rented, RunPodRunner)
    sent: list[str] = []
    monkeypatch.setattr(LocalRunner, "submit", lambda _, job: sent.append(job.id))
    daemon = parts.daemon()
    assert [daemon.cycle(), daemon.cycle()] == [Did.PLANNED, Did.SENT]
    intent = daemon.journal.open_intent()
    assert intent is not None
    assert (intent.runner, sent) == ("local", [intent.job.id])


def test_a_runner_that_cannot_be_asked_now_is_asked_again(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scf.worker.runner import RunnerError

    monkeypatch.setattr(LocalRunner, "submit", lambda *_: None)
    daemon = Parts.open(place).daemon()
    assert [daemon.cycle(), daemon.cycle()] == [Did.PLANNED, Did.SENT]

    def away(*_: object) -> object:
        raise RunnerError("away")

    monkeypatch.setattr(LocalRunner, "look", away)
    assert [daemon.cycle(), daemon.cycle()] == [Did.WAITING, Did.WAITING]
    daemon.sweep()
