"""SCF's settings: `scf.toml` in its home, which also holds the journal, the keys and what controls it."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from scf.contracts.base import Name
from scf.contracts.job import Budget
from scf.errors import ScfError

FILE = "scf.toml"
VARIABLE = "SCF_HOME"
DEFAULT_HOME = Path("data/scf")


class SettingsError(ScfError):
    """Settings that are missing or that cannot be used: where, and what is expected there."""

    code = "SCF006"


class LockedError(ScfError):
    """The emergency lock exists."""

    code = "SCF081"


class Part(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Train(Part):
    """What is trained when new fossils have come."""

    model: Name = "ebdm"
    recipe: Name = "ebdm"
    teacher: Name | None = None
    """The model whose version in use, or else whose best, is the parent of every job: for students."""
    config: dict[str, JsonValue] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    minimum: Annotated[int, Field(ge=1)] = 1000
    """How many fossils must be new before another generation is trained."""
    budget: Budget = Budget(seconds=3600.0)


Tie = Annotated[str, StringConstraints(pattern=r"^(older|newer|[^:\s|]{1,64}:(lower|higher))$")]
"""`older`, `newer`, or a metric and which way it is better: `modes:higher`."""


class Promote(Part):
    """By which figure a version is preferred, and how ties are broken."""

    metric: Annotated[str, StringConstraints(pattern=r"^[^:\s|]{1,64}$")] = "dsm"
    direction: Literal["lower", "higher"] = "lower"
    ties: tuple[Tie, ...] = ()
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    """By how much a weekly release may be worse than the one in use."""
    intended_use: str = ""
    """What the model is for: a line for the model card."""


class Ledger(Part):
    """What a training of this recipe took before, measured: the baseline for credits."""

    baseline_joules: Annotated[int, Field(ge=1)] | None = None
    method: Annotated[str, Field(max_length=1024)] = ""

    @model_validator(mode="after")
    def _how(self) -> "Ledger":
        if self.baseline_joules is not None and not self.method:
            raise ValueError("a baseline says by which method it was measured")
        return self


class Page(Part):
    """Where the daemon's page listens; beyond this machine it is for a proxy to show it."""

    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8610


class Bucket(Part):
    """A bucket of S3 by which files go to and from rented machines; its keys are in files.

    A key file is as AWS's tools read it: `[default]`, `aws_access_key_id`, `aws_secret_access_key`.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Annotated[
        str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$")
    ] = "scf"
    endpoint: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^(https://|http://(127\.0\.0\.1|localhost)(:\d+)?$)[A-Za-z0-9.:\[\]-]*$"
            ),
        ]
        | None
    ) = None
    """Another server than AWS's; what goes there goes encrypted."""
    region: str = "us-east-1"
    key_file: Path
    pod_key_file: Path | None = None
    """The keys that pods are given, where they are not to have ours."""


class RunPod(Part):
    """Rented machines; the key of the account is in a file.

    Files go there by rsync over ssh, or by a bucket.
    """

    key_file: Path
    endpoint: str = "https://api.runpod.io/v2"
    image: Annotated[str, Field(min_length=1)]
    gpus: tuple[str, ...] = ("NVIDIA H100 80GB HBM3",)
    ssh_key_file: Path | None = None
    bucket: Bucket | None = None
    most_dollars_an_hour: Annotated[float, Field(gt=0)] = 4.0

    @model_validator(mode="after")
    def _one_way(self) -> "RunPod":
        if (self.ssh_key_file is None) == (self.bucket is None):
            raise ValueError("files go either by ssh_key_file or by a bucket")
        return self


class Ray(Part):
    """A Ray cluster; it and everything in it trust each other."""

    address: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:\[\]-]+:\d{1,5}$")]
    workers: Annotated[int, Field(ge=1, le=1024)] = 2


class MlFlow(Part):
    """A tracking server that is told what the embedded registry holds."""

    uri: str
    token_file: Path | None = None


class Settings(Part):
    """Everything that can be set."""

    drive: Path
    gear: Literal["STANDARD", "ACCELERATED", "HYPER", "SINGULARITY"] = "STANDARD"
    stale_seconds: Annotated[float, Field(gt=0)] = 30.0
    """After this long without a heartbeat a worker counts as lost."""
    measure: Literal["elsewhere", "always", "never"] = "elsewhere"
    """Of which results the figures are computed again on this machine before anything rests on them."""
    train: Train = Train()
    promote: Promote = Promote()
    ledger: Ledger = Ledger()
    page: Page = Page()
    ray: Ray | None = None
    runpod: RunPod | None = None
    mlflow: MlFlow | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """The folder on this machine's own disk that a daemon lives in; the drive is elsewhere."""

    folder: Path

    @classmethod
    def named(cls, folder: Path | None) -> "Home":
        """The folder given, or $SCF_HOME, or data/scf here."""
        return cls((folder or Path(os.environ.get(VARIABLE) or DEFAULT_HOME)).absolute())

    @property
    def settings_file(self) -> Path:
        """The settings."""
        return self.folder / FILE

    @property
    def journal(self) -> Path:
        """What the daemon has begun and not finished."""
        return self.folder / "journal.sqlite"

    @property
    def control(self) -> Path:
        """Orders to the daemon."""
        return self.folder / "control.json"

    @property
    def lock(self) -> Path:
        """As long as this exists, nothing is done."""
        return self.folder / "EMERGENCY_LOCK"

    @property
    def locked(self) -> bool:
        """Whether the emergency lock exists, or cannot be looked for: then it counts as existing."""
        try:
            os.lstat(self.lock)
        except FileNotFoundError:
            return not self.folder.is_dir()
        except OSError:
            return True
        return True

    @property
    def keys(self) -> Path:
        """The keys that sign; keys.json among them is for everybody."""
        return self.folder / "keys"

    def settings(self) -> Settings:
        """Read the settings; a relative path of the drive starts at this folder. Raises SettingsError."""
        try:
            table = tomllib.loads(self.settings_file.read_text("utf-8"))
            read = Settings.model_validate(table)
        except FileNotFoundError:
            raise SettingsError(
                f"{self.settings_file} is missing", hint="scf init --drive FOLDER makes it"
            ) from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{self.settings_file}: {error}") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise SettingsError(f"{self.settings_file}: {place}: {first['msg']}") from None
        drive = Path(os.path.normpath(self.folder / read.drive.expanduser()))
        return read.model_copy(update={"drive": drive})


def refuse_when_locked(home: Home) -> None:
    """Raise LockedError while the emergency lock exists."""
    if home.locked:
        raise LockedError(
            f"{home.lock} exists: nothing is done", hint="remove it when the emergency is over"
        )
