"""The option values of a host, as its Nix modules evaluate: what a rehearsal is furnished from."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from sovereign.errors import ProgramError, SovereignError, UsageError
from sovereign.files import read_file
from sovereign.run import run

OVERRIDES = "SOVEREIGN_NIX_OVERRIDES"
"""Flakes in the place of the project's inputs: `nixpkgs=path:/…,disko=path:/…`."""

_HERE = Path(__file__).parent
_VALUES = TypeAdapter(dict[str, dict[str, object]])


class EvaluationError(SovereignError):
    """Nix does not evaluate a host's configuration."""

    code: ClassVar[str] = "REH010"


class ValuesError(SovereignError):
    """The values of a concern are not those that its options allow."""

    code: ClassVar[str] = "REH011"


class Given(BaseModel):
    """Values of options, in NixOS's names; what a concern does not ask for is passed over."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


_AnyGiven = TypeVar("_AnyGiven", bound=Given)


def parse(model: type[_AnyGiven], given: Mapping[str, object]) -> _AnyGiven:
    """Read the values of a concern as its model. Raises ValuesError."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise ValuesError(
            f"the evaluated value of {where} is unknown here: {wrong['msg']}"
        ) from error


def evaluate(
    project: Path, host: str, nix: str | Path = "nix", concerns: Path = _HERE / "concerns"
) -> Mapping[str, Mapping[str, object]]:
    """Return the option values that each concern asks for, of a host of a project's flake.

    `project` is the folder of the flake: of a git repository what git tracks, of any other folder
    all of it. Its lock stays as it is. `concerns` is the folder of a Nix function for each concern,
    and all are applied in one evaluation. Raises EvaluationError with what Nix says,
    and ValuesError where a concern's function returns anything but a set.
    """
    flake = str(project) if (project / ".git").exists() else f"path:{project}"
    command = [nix, "--extra-experimental-features", "nix-command flakes", "eval", "--json"]
    lock = ["--no-write-lock-file", "--option", "eval-cache", "false", *_overrides()]
    try:
        done = run(
            [*command, *lock, f"{flake}#nixosConfigurations", "--apply", _question(host, concerns)],
            check=False,
        )
    except ProgramError as error:
        raise EvaluationError(
            f"{host} cannot be evaluated: {error.message}",
            hint="install Nix, or put it on PATH",
        ) from error
    if done.code != 0:
        raise EvaluationError(f"{host} does not evaluate: {last_message(done.err)}")
    try:
        return _VALUES.validate_json(done.out)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise ValuesError(
            f"the concern {wrong['loc'][0]} of {host} is not a set of values"
        ) from error


def last_message(said: str) -> str:
    """Return the last error of what Nix says, from where it begins; traces and warnings go before."""
    _, found, last = said.rpartition("error:")
    text = last if found else said
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) or "no message"


def _question(host: str, concerns: Path) -> str:
    """Return a function of all hosts: its text is complete, for a pure evaluation reads no files."""
    name = json.dumps(host)
    asked = "\n".join(
        f"{json.dumps(file.stem)} = (\n{read_file(file).decode()});\n"
        for file in sorted(concerns.glob("*.nix"))
    )
    function = read_file(_HERE / "values.nix").decode()
    missing = (
        f'throw ("no host is called " + {name} + ", but " + toString (builtins.attrNames hosts))'
    )
    return f"hosts: ({function}) {{\n{asked}}} (hosts.${{{name}}} or ({missing}))"


def _overrides() -> Sequence[str]:
    words: list[str] = []
    for pair in filter(None, os.environ.get(OVERRIDES, "").split(",")):
        name, equals, flake = pair.partition("=")
        if not (name and equals and flake):
            raise UsageError(
                f"{OVERRIDES} has {pair!r}", hint="write nixpkgs=path:/…,disko=path:/…"
            )
        words += ["--override-input", name, flake]
    return words
