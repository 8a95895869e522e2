"""Mutations as data, and copies of the project in which one of them was made."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from fleets import ROOT
from sovereign.rehearse.fast import Trial

HERE = Path(__file__).parent
HOST = "cloudlab"
_PARTS = (
    "flake.nix",
    "flake.lock",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "hosts",
    "nix",
    "generators",
    "py",
)


class Mutation(BaseModel):
    """A text of a file, or what matches a pattern, gives way to another; what must then fail, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    replace: str = ""
    pattern: str = ""
    by: str
    fails: str = ""
    key: str = ""
    tier: str = "fast"

    def made_in(self, text: str) -> str:
        """The text with the mutation; it must change something, once."""
        if self.pattern:
            changed, times = re.subn(self.pattern, self.by, text)
            assert times == 1, f"{self.name}: the pattern is found {times} times"
            return changed
        assert text.count(self.replace) == 1, f"{self.name}: found {text.count(self.replace)} times"
        return text.replace(self.replace, self.by)


def read(file: Path) -> tuple[Mutation, ...]:
    rows = tomllib.loads(file.read_text("utf-8"))["mutation"]
    return tuple(Mutation.model_validate(row) for row in rows)


def of_generated_files(tier: str = "fast") -> Iterator[tuple[str, Mutation]]:
    """Each with its concern."""
    for file in sorted((HERE / "mutations").glob("*.toml")):
        for mutation in read(file):
            if mutation.tier == tier:
                yield file.stem, mutation


def of_generators() -> Iterator[tuple[str, Mutation]]:
    for mutation in read(HERE / "generators.toml"):
        yield Path(mutation.file).parts[0], mutation


def that_change_nothing() -> Iterator[tuple[str, Mutation]]:
    concerns = {"nft": "firewall", "conf": "database"}
    for mutation in read(HERE / "unchanged.toml"):
        stem, _, suffix = mutation.file.partition(".")
        yield concerns.get(suffix, stem), mutation


def project_with(mutation: Mutation, folder: Path) -> Path:
    """A copy of the project in which a generated file of the host was changed by hand."""
    project = _copy(folder / mutation.name)
    file = project / "hosts" / HOST / "generated" / mutation.file
    file.write_text(mutation.made_in(file.read_text("utf-8")), "utf-8")
    return project


def project_generated_with(mutation: Mutation, folder: Path) -> Path:
    """A copy of the project that was generated anew, by a generator that was changed by hand."""
    project = _copy(folder / mutation.name)
    file = project / "generators" / mutation.file
    file.write_text(mutation.made_in(file.read_text("utf-8")), "utf-8")
    argv = [sys.executable, "-P", "-m", "sovereign", "generate", "--no-cache", "--root", project]
    env = {
        "PYTHONPATH": str(project / "py"),
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return project


def trial(concern: str, mutation: Mutation, project: Path) -> Trial:
    return Trial(mutation.name, project, (concern,))


def _copy(target: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__", "*.so")
    target.mkdir(parents=True)
    for name in _PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy(source, target / name)
    return target
