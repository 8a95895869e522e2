"""The registry on an MLflow tracking server (MLflow 3): a run per job, a model version per registration.

Versions are told apart by the job in their tags, so that a registration that was cut off anywhere is
completed by the next one. Aliases say what is in use; MLflow's stages are not used.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import rfc8785

from scf.contracts.job import CHECKPOINT, Job
from scf.drive import Drive
from scf.errors import ContractError
from scf.places import run_folder
from scf.registry.errors import RegistryError
from scf.registry.files import checked_name, same
from scf.registry.registry import Version
from scf.registry.tracking import TOKEN, MlflowError, checked_uri, client, read_token, talking

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

T = TypeVar("T")

JOB = "scf.job"
DOCUMENT = "scf.document"
"""The tags of a model version: its job, and its canonical document; the number in it is the server's."""
_ODD = re.compile(r"[^\w\-. /]")
_LONGEST = 250


class MlflowRegistry:
    """A `Registry` on a server. It holds no file and no lock: what two clients register at the same
    moment is compared afterwards, and of one job the first version stays."""

    name = "mlflow"

    def __init__(
        self,
        tracking_uri: str,
        *,
        token_file: Path | None = None,
        drive: Drive | None = None,
        prefix: str = "",
    ) -> None:
        """A registry at an http(s) URI; models' names begin with `prefix` there.

        The token is in `token_file`, or in MLFLOW_TRACKING_TOKEN. With a drive, the job's configuration
        and the checkpoint are sent from there; without, they are only named by CID. Raises MlflowError.
        """
        self._uri = checked_uri(tracking_uri, token=bool(token_file or os.environ.get(TOKEN)))
        self._token = read_token(token_file) if token_file else None
        self._drive = drive
        self._prefix = prefix
        with talking(self._uri, self._token):
            self._client = client(self._uri)

    def reach(self) -> None:
        """Raise MlflowError, within some two seconds, when the server does not answer."""
        with talking(self._uri, self._token, briefly=True):
            self._client.search_registered_models(max_results=1)

    def register(self, draft: Version) -> Version:
        """Keep a version; its number is given by the server. One of the same job is found.

        Raises MlflowError, RegistryError when the version of that job differs from the draft.
        """
        with talking(self._uri, self._token):
            found = self._of(draft.model, draft.job)
            if not found:
                run = self._run(draft)
                self._fill(run, draft)
                self._make(draft, run)
                # a request that was sent twice, or another client's: the first is the version
                found = self._of(draft.model, draft.job)
                for surplus in found[1:]:
                    self._client.delete_model_version(surplus.name, str(surplus.version))
            version = self._read(draft.model, found[0])
            same(version, draft)
            return version

    def versions(self, model: str) -> tuple[Version, ...]:
        """All versions of a model, oldest first. Raises MlflowError."""
        with talking(self._uri, self._token):
            jobs: dict[str, Version] = {}
            for each in self._all(model):
                version = self._read(model, each)
                jobs.setdefault(version.job, version)
            return tuple(jobs.values())

    def models(self) -> tuple[str, ...]:
        """The names of all models that were registered here, sorted. Raises MlflowError."""
        with talking(self._uri, self._token):
            names: list[str] = []
            page: str | None = None
            while page is None or page:
                found = self._client.search_registered_models(page_token=page)
                names.extend(
                    model.name.removeprefix(self._prefix)
                    for model in found
                    if model.name.startswith(self._prefix) and JOB in model.tags
                )
                page = found.token or ""
            return tuple(sorted(name for name in names if self._all(name)))

    def alias(self, model: str, alias: str) -> Version | None:
        """The version that an alias names. Raises MlflowError."""
        with talking(self._uri, self._token):
            number = self._aliases(model).get(checked_name(alias))
            return None if number is None else self._version(model, int(number))

    def point(self, model: str, alias: str, version: int) -> None:
        """Let an alias name a version. Raises RegistryError when there is none of that number."""
        with talking(self._uri, self._token):
            self._version(model, version)
            if str(self._aliases(model).get(checked_name(alias))) != str(version):
                self._client.set_registered_model_alias(self._name(model), alias, str(version))

    def _name(self, model: str) -> str:
        return self._prefix + checked_name(model)

    def _all(self, model: str) -> "list[ModelVersion]":
        versions: list[ModelVersion] = []
        page: str | None = None
        while page is None or page:
            found = self._client.search_model_versions(
                f"name='{self._name(model)}'", page_token=page
            )
            versions.extend(version for version in found if DOCUMENT in version.tags)
            page = found.token or ""
        return sorted(versions, key=lambda version: int(version.version))

    def _of(self, model: str, job: str) -> "list[ModelVersion]":
        return [version for version in self._all(model) if version.tags.get(JOB) == job]

    def _version(self, model: str, number: int) -> Version:
        versions = self.versions(model)
        for version in versions:
            if version.version == number:
                return version
        last = versions[-1].version if versions else 0
        raise RegistryError(f"{model} has no version {number}; its last is {last}")

    def _read(self, model: str, found: "ModelVersion") -> Version:
        source = f"{self._uri}: {found.name} version {found.version}"
        version = Version.parse(found.tags[DOCUMENT], source=source)
        if version.model != model or version.job != found.tags.get(JOB):
            raise ContractError(f"{source}: its document is that of another version")
        return version.model_copy(update={"version": int(found.version)})

    def _aliases(self, model: str) -> dict[str, str]:
        from mlflow.exceptions import MlflowException

        try:
            return dict(self._client.get_registered_model(self._name(model)).aliases)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise

    def _run(self, draft: Version) -> "Run":
        """The run of a job, made when there is none."""
        from mlflow.exceptions import MlflowException

        name = self._name(draft.model)
        experiment = self._client.get_experiment_by_name(name)
        if experiment is None:
            try:
                self._client.create_experiment(name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            experiment = self._client.get_experiment_by_name(name)
        if experiment is None or experiment.lifecycle_stage != "active":
            raise MlflowError(f"{self._uri}: the experiment {name} was deleted there")
        number = experiment.experiment_id
        runs = self._client.search_runs(
            [number], f"tags.`{JOB}` = '{draft.job}'", order_by=["attributes.start_time ASC"]
        )
        return (
            runs[0]
            if runs
            else self._client.create_run(
                number, tags={JOB: draft.job}, run_name=f"generation {draft.generation}"
            )
        )

    def _fill(self, run: "Run", draft: Version) -> None:
        """Tell the run all that is known of the job; what it was told before stays as it is."""
        from mlflow.entities import Metric, Param, RunTag

        number, at = run.info.run_id, run.info.start_time
        links = draft.model_dump(include={"job", "result", "checkpoint", "dataset", "parent"})
        tags = [RunTag(f"scf.{name}", cid) for name, cid in links.items() if cid]
        params = {"recipe": draft.recipe, "generation": str(draft.generation)}
        job = self._job(draft)
        if job is not None:
            params |= {"seed": str(job.seed), "code": job.code}
            params |= {
                _key(f"config.{name}"): rfc8785.dumps(value).decode()
                for name, value in job.config.items()
            }
        metrics = [Metric(_key(name), value, at, 0) for name, value in draft.metrics.items()]
        for few in _batches([Param(name, value) for name, value in params.items()], 100):
            self._client.log_batch(number, params=few)
        for some in _batches(metrics, 1000):
            self._client.log_batch(number, metrics=some)
        self._client.log_batch(number, tags=tags)
        self._send(number, draft)
        self._client.set_terminated(number, "FINISHED")

    def _job(self, draft: Version) -> Job | None:
        path = run_folder(self._drive, draft.job) / "job.json" if self._drive else None
        return Job.read(path) if path and path.is_file() else None

    def _send(self, run: str, draft: Version) -> None:
        """Upload the checkpoint, where the drive has it and the server does not."""
        path = run_folder(self._drive, draft.job) / CHECKPOINT if self._drive else None
        if path is None or not path.is_file():
            return
        there = {file.path: file.file_size for file in self._client.list_artifacts(run)}
        if there.get(CHECKPOINT) != path.stat().st_size:
            self._client.log_artifact(run, str(path))

    def _make(self, draft: Version, run: "Run") -> None:
        from mlflow.exceptions import MlflowException

        name = self._name(draft.model)
        try:
            self._client.create_registered_model(name, tags={JOB: draft.job})
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            self._client.set_registered_model_tag(name, JOB, draft.job)
        document = draft.model_copy(update={"version": 1}).canonical().decode()
        self._client.create_model_version(
            name,
            source=str(run.info.artifact_uri),
            run_id=run.info.run_id,
            tags={JOB: draft.job, DOCUMENT: document, "scf.checkpoint": draft.checkpoint},
            await_creation_for=0,
        )


def _key(name: str) -> str:
    return _ODD.sub("_", name)[:_LONGEST]


def _batches(items: list[T], size: int) -> Iterator[list[T]]:
    return (items[at : at + size] for at in range(0, len(items), size))
