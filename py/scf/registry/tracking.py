"""The connection to an MLflow tracking server: which URIs, whose token, how long, and its errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scf.errors import ScfError
from scf.registry.errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

TOKEN = "MLFLOW_TRACKING_TOKEN"  # noqa: S105 - the variable's name
_LOCAL = {"127.0.0.1", "::1", "localhost"}
_RETRIES, _TIMEOUT = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"
_LIMITS = {_RETRIES: "1", _TIMEOUT: "30"}
_BRIEF = {_RETRIES: "0", _TIMEOUT: "2"}


class MlflowError(RegistryError):
    """A tracking server that cannot be reached, or that refuses what it is asked for."""

    code = "SCF062"


@contextmanager
def talking(uri: str, token: str | None, *, briefly: bool = False) -> Iterator[None]:
    """The token is in the environment only during a call: programs started meanwhile are others'.

    A request may take 30 s and is repeated once, unless the environment says otherwise; `briefly`, it
    may take 2 s. Raises MlflowError for all that goes wrong with the client and what the server says.
    """
    before = {name: os.environ.get(name) for name in (*_LIMITS, TOKEN)}
    os.environ |= {name: value for name, value in _LIMITS.items() if before[name] is None}
    if briefly:
        os.environ |= _BRIEF
    if token is not None:
        os.environ[TOKEN] = token
    try:
        yield
    except ScfError:
        raise
    except Exception as error:  # whatever a server answers, its client stumbles over in its own way
        said = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise MlflowError(
            f"{uri}: {said}", hint="is the server up? mlflow server --host 127.0.0.1"
        ) from error
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def client(uri: str) -> "MlflowClient":
    """A client of the server. Raises MlflowError when the extra is not installed."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read once, when it is imported
    try:
        from mlflow import MlflowClient
    except ModuleNotFoundError as error:
        raise MlflowError(
            f"the registry on MLflow needs {error.name}",
            hint="install the extra: pip install 'sovereign[scf,mlflow]'",
        ) from error
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def checked_uri(uri: str, *, token: bool) -> str:
    """The URI of a server that may be talked to, with a token or without. Raises MlflowError."""
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise MlflowError(
            f"a tracking URI of the kind {parts.scheme or 'file'}: is not used",
            hint="start a server over the database, and name it: https://HOST",
        )
    if parts.username or parts.password:
        raise MlflowError(
            f"the tracking URI of {parts.hostname} holds a name or a password",
            hint=f"put a token into a file, or into {TOKEN}",
        )
    if token and parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise MlflowError(f"a token is not sent to {parts.hostname} unencrypted", hint="use https")
    return uri.rstrip("/")


def read_token(path: Path) -> str:
    """The token in a file. Raises MlflowError, which never tells what is there."""
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII"
        raise MlflowError(f"{path}: {reason}") from None
    if not text or any(not "!" <= each <= "~" for each in text):
        raise MlflowError(f"{path} holds no token")
    return text
