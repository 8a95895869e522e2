"""What the settings say of rented machines, and what comes of it."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from scf.daemon.build import Parts, runners
from scf.settings import RunPod
from scf.worker.bucket import BucketAccess
from scf.worker.pod_keys import PodKeys
from scf.worker.runpod import RunPodRunner
from scf_world import home

RENT = """
key_file = "runpod.key"
image = "worker:1"
"""
BUCKET = """
[bucket]
name = "fossils"
key_file = "s3.key"
"""


@pytest.mark.parametrize(
    "text",
    [
        RENT,
        'ssh_key_file = "ssh.key"' + RENT + BUCKET,
        RENT + BUCKET + 'endpoint = "http://s3.example.org"',
        RENT + BUCKET + 'endpoint = "http://127.0.0.1.example.org"',
        RENT + BUCKET + 'endpoint = "https://user:secret@s3.example.org"',
        RENT + BUCKET + 'prefix = "../up"',
        RENT + BUCKET.replace("fossils", "Fossils"),
        RENT + BUCKET + 'secret = "x"',
    ],
    ids=repr,
)
def test_settings_that_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        RunPod.model_validate(tomllib.loads(text))


@pytest.mark.parametrize(
    "endpoint", ["https://s3.example.org", "https://10.0.0.1:9000", "http://127.0.0.1:9000"]
)
def test_another_server_of_s3(endpoint: str) -> None:
    read = RunPod.model_validate(tomllib.loads(f'{RENT}{BUCKET}endpoint = "{endpoint}"'))
    assert read.bucket is not None
    assert read.bucket.endpoint == endpoint


@pytest.mark.parametrize(
    ("more", "pod_keys"), [("", "s3.key"), ('pod_key_file = "pods.key"', "pods.key")]
)
def test_files_go_by_the_bucket_that_is_named(more: str, pod_keys: str, tmp_path: Path) -> None:
    place = home(tmp_path)
    table = f"[runpod]{RENT}{BUCKET.replace('[bucket]', '[runpod.bucket]')}{more}\n"
    place.settings_file.write_text(place.settings_file.read_text() + table)
    parts = Parts.open(place)
    rented, _ = runners(place, parts.settings, parts.drive)
    assert isinstance(rented, RunPodRunner)
    assert rented.access == BucketAccess(
        "fossils", "scf", place.folder / "s3.key", place.folder / pod_keys
    )


def test_files_go_by_ssh_otherwise(tmp_path: Path) -> None:
    place = home(tmp_path)
    table = f'[runpod]{RENT}ssh_key_file = "ssh.key"\n'
    place.settings_file.write_text(place.settings_file.read_text() + table)
    parts = Parts.open(place)
    rented, _ = runners(place, parts.settings, parts.drive)
    assert isinstance(rented, RunPodRunner)
    assert rented.access == PodKeys(place.folder / "pods", place.folder / "ssh.key")
