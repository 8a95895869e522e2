"""The flake's VM tests as values: their machines, and their scripts judged by mypy."""

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel

from fleets import ROOT
from real_nix import Nix
from sovereign.run import run
from test_evaluation import evaluate

VM_TESTS = ROOT / "vm-tests"
DRIVER = ROOT / "tests" / "driver"
SYSTEM = "x86_64-linux"
HOST = "cloudlab"

# what is asked of a test, for JSON
_ASKED = """
    let
      etc = node: name: (node.environment.etc.${name} or { text = ""; }).text;
    in
    test: {
      inherit (test) globalTimeout testScript vlans;
      nodes = builtins.mapAttrs (_: node: {
        system = node.system.build.toplevel.drvPath;
        document = etc node "sovereign/expectations.json";
        unproven = etc node "sovereign/unproven.json";
      }) test.nodes;
    }
"""
_ALL = f"""checks:
  let
    asked = {_ASKED};
    isVm = name: builtins.substring 0 3 name == "vm-";
    names = builtins.filter isVm (builtins.attrNames checks);
  in
  builtins.listToAttrs (map (name: {{ inherit name; value = asked checks.${{name}}; }}) names)
"""


class Node(BaseModel):
    """A machine of a test. Of the host itself: what is expected of it, and what is left out."""

    system: str
    document: str
    unproven: str


class Unproven(BaseModel):
    """What a test leaves out, and why."""

    id: re.Pattern[str]
    reason: str


class VmTest(BaseModel):
    """A check of the flake, evaluated. `globalTimeout` is in seconds."""

    globalTimeout: int  # noqa: N815 - the option's name
    testScript: str  # noqa: N815
    vlans: tuple[int, ...]
    nodes: Mapping[str, Node]

    @property
    def unproven(self) -> tuple[Unproven, ...]:
        """What the suite is told to leave out on the host."""
        listed = json.loads(self.nodes[HOST].unproven)
        return tuple(Unproven.model_validate(one) for one in listed)

    @property
    def asked(self) -> tuple["Asked", ...]:
        """The calls of `verify` in the script."""
        return tuple(_asked(self.testScript))


def evaluate_all(nix: Nix, flake: Path, stand_ins: Path) -> dict[str, VmTest]:
    """All VM tests of a flake, by their names."""
    found = evaluate(nix, flake, stand_ins, f"checks.{SYSTEM}", _ALL)
    assert isinstance(found, dict)
    return {name: VmTest.model_validate(test) for name, test in found.items()}


def evaluate_one(nix: Nix, flake: Path, stand_ins: Path, name: str) -> VmTest:
    """One of them."""
    found = evaluate(nix, flake, stand_ins, f"checks.{SYSTEM}.{name}", _ASKED)
    return VmTest.model_validate(found)


@dataclass(frozen=True)
class Asked:
    """A call of `verify`: the concerns, and the types of which one at least must pass."""

    concerns: frozenset[str]
    proven: frozenset[str]


def _asked(script: str) -> Iterator[Asked]:
    """The calls of `verify` in a script."""
    for node in ast.walk(ast.parse(script)):
        match node:
            case ast.Call(
                func=ast.Name(id="verify"), args=[_, ast.Constant(value=str(words)), types]
            ):
                proven = ast.literal_eval(types)
                yield Asked(frozenset(words.split(",")) - {""}, frozenset(proven))


@dataclass(frozen=True)
class Judged:
    """What mypy says of a script."""

    code: int
    said: str


def judge(folder: Path, scripts: Mapping[str, tuple[str, list[str]]]) -> Judged:
    """Check scripts, each with the names of its machines, by mypy as strictly as the project itself."""
    pytest.importorskip("mypy")
    names = "from test_driver.symbols import *\n"
    files = []
    for name, (script, machines) in scripts.items():
        only = ["machine"] if len(machines) == 1 else []
        declared = "".join(
            f"{re.sub('[^A-Za-z0-9_]', '_', machine)}: QemuMachine\n"
            for machine in [*machines, *only]
        )
        file = folder / f"{re.sub('[^a-z0-9]', '_', name)}.py"
        file.write_text(f"{names}{declared}\n{script}", "utf-8")
        files.append(str(file))
    (folder / "mypy.ini").write_text(
        "[mypy]\nstrict = True\ndisallow_any_explicit = True\nwarn_unreachable = True\n"
        f"mypy_path = {DRIVER}\n",
        "utf-8",
    )
    options = ("--config-file", folder / "mypy.ini", "--cache-dir", folder / "cache")
    done = run((sys.executable, "-m", "mypy", *options, *files), check=False)
    return Judged(done.code, done.out + done.err)
