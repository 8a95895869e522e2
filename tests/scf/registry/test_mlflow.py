"""MLflow as the registry: on a real server, whatever is cut off, and without a secret where none belongs."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from tests.scf.registry_drafts import draft, job
from tests.scf.registry_server import Server

from scf.drive import Drive, Partition
from scf.registry.files import FileRegistry
from scf.registry.mirrored import Mirrored
from scf.registry.mlflow import MlflowRegistry
from scf.registry.registry import CHAMPION
from scf.registry.tracking import TOKEN, MlflowError

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHECKPOINT = b"checkpoint 1" * 1000


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    drive = Drive.make(tmp_path / "drive")
    run = drive.folder(Partition.MODEL_ZOO, "runs", job(1).id)
    (run / "job.json").write_bytes(job(1).canonical())
    (run / "checkpoint.safetensors").write_bytes(CHECKPOINT)
    return drive


@pytest.fixture
def client(server: Server) -> "MlflowClient":
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=server.uri)


def test_a_run_holds_all_that_is_known_of_the_job(
    server: Server, drive: Drive, prefix: str, client: "MlflowClient", tmp_path: Path
) -> None:
    version = MlflowRegistry(server.uri, prefix=prefix, drive=drive).register(draft(1))
    found = client.get_model_version(f"{prefix}energy", "1")
    run = client.get_run(found.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == version.metrics
    assert run.data.params == {
        "recipe": "ebdm",
        "generation": "1",
        "seed": "1",
        "code": "revision",
        "config.width": "128",
        "config.sigmas": "[4,0.05]",
        "config.ema": "true",
    }
    tags = {name: value for name, value in run.data.tags.items() if name.startswith("scf.")}
    assert tags == {
        "scf.job": version.job,
        "scf.result": version.result,
        "scf.checkpoint": version.checkpoint,
        "scf.dataset": version.dataset,
    }
    assert found.source == run.info.artifact_uri
    assert found.current_stage == "None"
    path = client.download_artifacts(run.info.run_id, "checkpoint.safetensors", str(tmp_path))
    assert Path(path).read_bytes() == CHECKPOINT


CALLS = (
    "create_experiment",
    "create_run",
    "log_batch",
    "log_artifact",
    "set_terminated",
    "create_registered_model",
    "create_model_version",
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_what_was_cut_off_is_completed_once(
    server: Server, drive: Drive, prefix: str, client: "MlflowClient", call: str, when: str
) -> None:
    registry = MlflowRegistry(server.uri, prefix=prefix, drive=drive)
    real: Callable[..., object] = getattr(registry._client, call)

    def cut(*args: object, **named: object) -> None:
        if when == "after":
            real(*args, **named)
        raise ConnectionError("cut off")

    setattr(registry._client, call, cut)
    with pytest.raises(MlflowError, match="cut off"):
        registry.register(draft(1))
    version = MlflowRegistry(server.uri, prefix=prefix, drive=drive).register(draft(1))
    assert version == draft(1)
    (found,) = client.search_model_versions(f"name='{prefix}energy'")
    experiment = client.get_experiment_by_name(f"{prefix}energy")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert found.run_id == run.info.run_id
    assert run.data.metrics == version.metrics
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 1


def test_of_a_job_that_was_registered_twice_the_first_version_stays(
    server: Server, prefix: str, client: "MlflowClient"
) -> None:
    registry = MlflowRegistry(server.uri, prefix=prefix)
    real = registry._make

    def twice(*args: object) -> None:
        for _ in range(2):
            real(*args)

    registry._make = Mock(side_effect=twice)
    assert registry.register(draft(1)).version == 1
    assert len(client.search_model_versions(f"name='{prefix}energy'")) == 1


def test_others_models_on_the_server_are_none_of_ours(
    server: Server, prefix: str, client: "MlflowClient"
) -> None:
    client.create_registered_model(f"{prefix}theirs")
    client.create_model_version(f"{prefix}theirs", source="s3://bucket/model")
    registry = MlflowRegistry(server.uri, prefix=prefix)
    assert registry.models() == ()
    assert registry.versions("theirs") == ()


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("postgresql://user:secret@host/db", "kind postgresql"),
        ("sqlite:///mlflow.db", "kind sqlite"),
        ("file:///tmp/mlruns", "kind file"),
        ("./mlruns", "kind file"),
        ("databricks", "kind file"),
        ("https://", "kind https"),
        ("https://user:secret@host", "holds a name or a password"),
    ],
)
def test_only_a_server_is_talked_to(uri: str, said: str) -> None:
    with pytest.raises(MlflowError, match=said) as caught:
        MlflowRegistry(uri)
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"


def test_a_token_goes_by_a_file_and_never_unencrypted(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    with pytest.raises(MlflowError, match=r"not sent to example\.org unencrypted"):
        MlflowRegistry("http://example.org", token_file=file)
    file.write_text("two words")
    with pytest.raises(MlflowError, match="holds no token"):
        MlflowRegistry("https://example.org", token_file=file)
    with pytest.raises(MlflowError, match="No such file"):
        MlflowRegistry("https://example.org", token_file=tmp_path / "none")


def test_a_token_is_in_the_environment_only_during_a_call(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    registry = MlflowRegistry(server.uri, token_file=file)
    seen: list[str | None] = []

    def look(**_: object) -> list[object]:
        seen.append(os.environ.get(TOKEN))
        raise ConnectionError("looked")

    registry._client.search_registered_models = Mock(side_effect=look)
    with pytest.raises(MlflowError, match="looked"):
        registry.models()
    assert seen == ["secret"]
    assert TOKEN not in os.environ


def test_a_server_that_is_down_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    del server  # only for the client's import
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(MlflowError, match=r"127\.0\.0\.1"):
        MlflowRegistry("http://127.0.0.1:1").models()


def test_the_embedded_registry_goes_on_without_the_server(
    server: Server, drive: Drive, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = MlflowRegistry("http://127.0.0.1:1", prefix=prefix)
    files = FileRegistry(drive)
    lonely = Mirrored(drive, files, away)
    for number in (1, 2):
        assert lonely.register(draft(number)).version == number
    lonely.point("energy", CHAMPION, 1)
    lonely.point("energy", CHAMPION, 2)
    assert lonely.catch_up(at_once=True) == 3
    assert "127.0.0.1" in lonely.problem
    back = MlflowRegistry(server.uri, prefix=prefix)
    mirrored = Mirrored(drive, files, back)  # as after a restart
    assert mirrored.catch_up() == 0
    assert mirrored.problem == ""
    assert back.versions("energy") == files.versions("energy")
    assert back.alias("energy", CHAMPION) == files.alias("energy", CHAMPION)


def test_numbers_may_differ_where_the_server_has_others(
    server: Server, drive: Drive, prefix: str
) -> None:
    back = MlflowRegistry(server.uri, prefix=prefix)
    back.register(draft(3))
    mirrored = Mirrored(drive, FileRegistry(drive), back)
    mirrored.register(draft(1))
    mirrored.point("energy", CHAMPION, 1)
    theirs = back.alias("energy", CHAMPION)
    assert theirs is not None
    assert (theirs.version, theirs.job) == (2, draft(1).job)


def test_a_server_that_lost_everything_is_told_again(
    server: Server, drive: Drive, prefix: str
) -> None:
    files = FileRegistry(drive)
    mirrored = Mirrored(drive, files, MlflowRegistry(server.uri, prefix=f"{prefix}old-"))
    mirrored.register(draft(1))
    mirrored.point("energy", CHAMPION, 1)
    new = MlflowRegistry(server.uri, prefix=f"{prefix}new-")
    mirrored = Mirrored(drive, files, new)
    assert mirrored.catch_up() == 0
    assert new.versions("energy") == files.versions("energy")
    assert new.alias("energy", CHAMPION) == files.alias("energy", CHAMPION)


def test_a_server_that_hangs_costs_two_seconds(server: Server, drive: Drive, prefix: str) -> None:
    del server  # only for the client's import
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never answers
        away = MlflowRegistry(f"http://127.0.0.1:{mute.getsockname()[1]}", prefix=prefix)
        mirrored = Mirrored(drive, FileRegistry(drive), away)
        began = monotonic()
        for number in range(1, 4):
            mirrored.register(draft(number))
        assert monotonic() - began < 4
    assert "127.0.0.1" in mirrored.problem
