"""Every setting of the services: a TOML file, and above it the environment."""

import os
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from emily.contracts.base import Name, Unit
from emily.service.host import is_loopback, node_of
from emily.service.secret import SecretError, read_secret

PREFIX = "EMILY_"
_NESTED = "__"
_OTHERS = tuple(f"{PREFIX}{name}_" for name in ("HDC", "HOLO", "SUPERVISOR", "BENCH", "SOAK"))
"""Variables of the libraries, of the supervisor, and of the benchmarks: no settings."""

Port = Annotated[int, Field(ge=0, le=65_535)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, HH:MM."""


class SettingsError(ValueError):
    """Settings that cannot be used: where they stand, and what is expected there."""


def _hour(clock_time: str) -> float:
    hours, minutes = clock_time.split(":")
    return int(hours) + int(minutes) / 60


def _secret(path: Path | None) -> SecretStr | None:
    try:
        return read_secret(path) if path else None
    except SecretError as error:
        raise SettingsError(str(error)) from None


class Part(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Bus(Part):
    """Where the Zenoh router listens: a locator, protocol/address."""

    router: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*/\S+$")] = "tcp/127.0.0.1:7447"


class Api(Part):
    """Where the HTTP API listens; beyond loopback it demands the token that `token_file` holds."""

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]+$")] = "127.0.0.1"
    port: Port = 8600
    token_file: Path | None = Field(None, validate_default=True)

    @field_validator("token_file")
    @classmethod
    def _beyond_loopback(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        host = info.data.get("host", "localhost")
        if path is None and not is_loopback(host):
            msg = f"the API at {host} can be reached from other hosts: expected a file with a token"
            raise ValueError(msg)
        return path

    def token(self) -> SecretStr | None:
        """Read the token, if one is demanded. SettingsError: the file is not fit."""
        return _secret(self.token_file)


class Memory(Part):
    """Where episodes are kept; `outbox` holds them while the store is away."""

    backend: Literal["sqlite", "pgvector"] = "sqlite"
    path: Path = Path("memory.sqlite")
    host: str = "/run/postgresql"
    port: Port = 5432
    database: str = "emily"
    user: str = "emily"
    password_file: Path | None = None
    outbox: Path = Path("outbox.journal")

    def password(self) -> SecretStr | None:
        """Read the password, if there is one. SettingsError: the file is not fit."""
        return _secret(self.password_file)


class Workspace(Part):
    """What the global workspace holds and how fast its contents fade."""

    capacity: Annotated[int, Field(ge=5, le=9)] = 7
    threshold: Unit = 0.7
    hysteresis: Unit = 0.05
    half_life_s: Positive = 20.0


class Circadian(Part):
    """The body clock: where it lives, when it is light, and how many times faster than the sun."""

    timezone: str = "UTC"
    lights_on: ClockTime = "07:00"
    lights_off: ClockTime = "23:00"
    speed: Annotated[float, Field(ge=0, le=1e6)] = 1.0

    @property
    def lights_on_hour(self) -> float:
        """When the lights go on, in hours after midnight."""
        return _hour(self.lights_on)

    @property
    def lights_off_hour(self) -> float:
        """When the lights go off, in hours after midnight."""
        return _hour(self.lights_off)

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            msg = "expected a name of the IANA time zone database, such as America/Chicago"
            raise ValueError(msg) from None
        return name


class Reflex(Part):
    """The table of reflexes, if it is not the one that is shipped, and their times."""

    file: Path | None = None
    microphone: Path | None = None
    refractory_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    deadline_ms: Annotated[float, Field(ge=1, le=3_600_000)] = 50.0


class GFlowNet(Part):
    """The weights, if they are not the ones that are shipped, and how many samples are drawn."""

    weights: Path | None = None
    samples: Annotated[int, Field(ge=1, le=1000)] = 100


class Flags(Part):
    """The file of feature flags."""

    file: Path | None = None


class Log(Part):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


def _state_folder() -> Path:
    if service := os.environ.get("STATE_DIRECTORY"):
        return Path(service.split(":")[0])
    if state := os.environ.get("XDG_STATE_HOME"):
        return Path(state) / "emily"
    return Path.home() / ".local" / "state" / "emily"


class State(Part):
    """The folder that relative paths start from."""

    folder: Path = Field(default_factory=_state_folder, validate_default=True)

    @field_validator("folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()


class Settings(BaseSettings):
    """All settings; the environment stands above what is handed in."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter=_NESTED,
        validate_default=True,
    )

    node: Name = Field(default_factory=lambda: node_of(socket.gethostname()))
    state: State = Field(default_factory=State)
    bus: Bus = Bus()
    api: Api = Api()
    memory: Memory = Memory()
    workspace: Workspace = Workspace()
    circadian: Circadian = Circadian()
    reflex: Reflex = Reflex()
    gflownet: GFlowNet = GFlowNet()
    flags: Flags = Flags()
    log: Log = Log()

    @field_validator("api", "memory", "reflex", "gflownet", "flags")
    @classmethod
    def _in_the_state_folder(cls, part: Part, info: ValidationInfo) -> Part:
        state = info.data.get("state")
        if not isinstance(state, State):
            return part
        paths = {name: state.folder / path for name, path in part if isinstance(path, Path)}
        return part.model_copy(update=paths)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the names are pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment above the file."""
        return env_settings, init_settings


def schema() -> dict[str, JsonValue]:
    """Return the JSON schema of the settings."""
    return Settings.model_json_schema()


def load(path: Path | None = None) -> Settings:
    """Read the settings of a TOML file and of the environment.

    SettingsError names the file or the variable, the key, and what is expected there.
    """
    table = _table(path) if path else {}
    _refuse_unknown_variables(os.environ)
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        lines = [_line(path, one["loc"], one["type"], one["msg"]) for one in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def _table(path: Path) -> dict[str, JsonValue]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        msg = f"{path}: expected UTF-8"
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: expected TOML: {error}"
    else:
        odd = next((key for key in table if key.startswith("_")), None)
        if odd is None:
            return table
        msg = f"{path}: {odd}: no such setting"
    raise SettingsError(msg)


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """Refuse what pydantic-settings would pass over: a mistyped setting would be one not made."""
    fields = Settings.model_fields
    tables = {name.upper() for name in fields if fields[name].annotation is not str}
    keys = {name.upper() for name in fields}
    for name in environment:
        table, nested, _ = name.upper().removeprefix(PREFIX).partition(_NESTED)
        known = table in tables if nested else table in keys or name.upper().startswith(_OTHERS)
        if name.upper().startswith(PREFIX) and not known:
            others = ", ".join(sorted(PREFIX + key for key in keys - tables))
            expected = f"{others}, or {PREFIX}<TABLE>{_NESTED}<KEY> with one of {sorted(tables)}"
            msg = f"environment: {name}: no such setting; expected {expected}"
            raise SettingsError(msg)


def _line(path: Path | None, location: tuple[int | str, ...], kind: str, said: str) -> str:
    said = "no such setting" if kind == "extra_forbidden" else said.removeprefix("Value error, ")
    if not location:  # pydantic-settings could not read a variable that holds a whole table
        return f"environment: {said}"
    variable = (PREFIX + _NESTED.join(map(str, location))).upper()
    if variable in (name.upper() for name in os.environ):
        where = f"environment: {variable}"
    else:
        *tables, key = map(str, location)
        where = f"{path or 'settings'}: {f'[{tables[0]}] ' if tables else ''}{key}"
    return f"{where}: {said}"
