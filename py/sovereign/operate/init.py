"""A new fleet: the template, with the names and the operator's key filled in."""

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, TypeAlias

from pydantic import TypeAdapter, ValidationError

from sovereign.diagnostics import KeyPath
from sovereign.errors import SovereignError, UsageError, WriteError
from sovereign.inventory.base import Account, HostName, Name, SshKey
from sovereign.inventory.locate import Part, TomlPositions
from sovereign.inventory.schema import schemas

TEMPLATE = Path(__file__).resolve().parent.parent / "template"
"""A whole fleet of one host. `nix flake init` offers it too."""

_FLEET = "hosts/fleet.toml"
_HOST = "server"
_OPERATOR = "operator"
_MUST_BE_FREE = ("hosts", "flake.nix", "flake.lock")
_NAME_HINT = "lower-case letters, digits and single hyphens, a letter first, like web-1"
_ACCOUNT_HINT = "lower-case letters, digits, _ and -, a letter first, like alice"
_KEY_HINT = "give the one-line file that ends in .pub; `ssh-keygen -t ed25519` makes one"
_TOGETHER_HINT = "give both: --operator alice --key ~/.ssh/id_ed25519.pub"

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_HOST_NAME: TypeAdapter[str] = TypeAdapter(HostName)
_ACCOUNT: TypeAdapter[str] = TypeAdapter(Account)
_SSH_KEY: TypeAdapter[str] = TypeAdapter(SshKey)

_Edit: TypeAlias = tuple[KeyPath, Part, str]
"""A key path, whether its value or its key is meant, and what it shall be."""


class NotEmptyError(SovereignError):
    """The folder holds a fleet or a flake already."""

    code: ClassVar[str] = "INI001"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who administers the new hosts."""

    account: str
    key: str


@dataclass(frozen=True, slots=True)
class Names:
    """What a new fleet is told about itself. Without an operator the template's example stays."""

    fleet: str
    host: str
    operator: Operator | None

    @classmethod
    def parse(cls, fleet: str, host: str, account: str | None, key: str | None) -> Self:
        """Read names as the inventory takes them. Raises UsageError that says how to write them."""
        operator = None
        if account is not None and key is not None:
            operator = Operator(
                _read(_ACCOUNT, account, f'"{account}" is no account', _ACCOUNT_HINT),
                _read(_SSH_KEY, key.strip(), "the key is no SSH public key", _KEY_HINT),
            )
        elif account is not None or key is not None:
            raise UsageError("an operator and a key belong together", hint=_TOGETHER_HINT)
        return cls(
            _read(_NAME, fleet, f'"{fleet}" is no name for a fleet', _NAME_HINT),
            _read(_HOST_NAME, host, f'"{host}" is no name for a host', _NAME_HINT),
            operator,
        )


def suggested_name(folder: Path) -> str:
    """A fleet's name made of its folder's."""
    words = re.findall(r"[a-z0-9]+", folder.name.lower())
    name = re.sub(r"^[0-9-]+", "", "-".join(words))[:27].rstrip("-")
    return name or "fleet"


def read_key(file: Path) -> str:
    """The text of a public key's file. Raises UsageError when it cannot be read."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read a public key from {file}", hint=_KEY_HINT) from error


def new_fleet(names: Names, host_id: str | None = None) -> Mapping[str, str]:
    """The files of a new fleet: path below its folder → text.

    Without a host id the template's example stays, which no two hosts may share.
    """
    files = {
        str(path.relative_to(TEMPLATE)): path.read_text("utf-8")
        for path in sorted(TEMPLATE.rglob("*"))
        if path.is_file()
    }
    fleet: list[_Edit] = [
        (("name",), "value", names.fleet),
        (("domain",), "value", f"{names.fleet}.internal"),
    ]
    host: list[_Edit] = [(("identity", "host_id"), "value", host_id)] if host_id else []
    if names.operator:
        fleet += [
            (("operators", _OPERATOR, "keys", 0), "value", names.operator.key),
            (("operators", _OPERATOR), "key", names.operator.account),
        ]
        host += [(("access", "operators", 0), "value", names.operator.account)]
    files[_FLEET] = _filled(files[_FLEET], fleet)
    files[f"hosts/{names.host}/host.toml"] = _filled(files.pop(f"hosts/{_HOST}/host.toml"), host)
    return files | {f"hosts/schema/{name}.json": text for name, text in schemas().items()}


def write_fleet(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Put the files into a folder that holds no fleet yet; return the paths written, in order.

    A file at the top that is there already, like .gitignore, is kept. Raises NotEmptyError, and
    WriteError after which everything is as it was.
    """
    for name in _MUST_BE_FREE:
        if _present(folder / name):
            raise NotEmptyError(f"{folder / name} exists", hint="choose another folder")
    wanted = {path: text for path, text in files.items() if not _present(folder / path)}
    created = next((p for p in (*reversed(folder.parents), folder) if not p.exists()), None)
    moved: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sovereign-init.", dir=folder) as staging:
            _write_all(Path(staging), wanted)
            moved.extend(p.rename(folder / p.name) for p in sorted(Path(staging).iterdir()))
    except BaseException as error:
        for path in (*moved, *([created] if created else [])):
            _remove(path)
        if isinstance(error, OSError):
            raise WriteError(f"cannot write {folder}: {error.strerror}") from error
        raise
    return tuple(sorted(wanted))


def _present(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.is_file():
        path.unlink()


def _write_all(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _read(kind: TypeAdapter[str], text: str, problem: str, hint: str) -> str:
    try:
        return kind.validate_python(text)
    except ValidationError as error:
        raise UsageError(problem, hint=hint) from error


def _filled(text: str, edits: Sequence[_Edit]) -> str:
    """Put strings where the template has its examples."""
    for path, part, value in edits:
        span = TomlPositions(text).of(path, part)
        assert span is not None, path  # noqa: S101 - the template has all that is edited
        lines = text.splitlines(keepends=True)
        line = lines[span.line - 1]
        written = value if part == "key" else _string(value)
        lines[span.line - 1] = line[: span.column - 1] + written + line[span.end_column - 1 :]
        text = "".join(lines)
    return text


def _string(value: str) -> str:
    """A TOML basic string: it takes the escapes that JSON writes."""
    return json.dumps(value, ensure_ascii=False)
