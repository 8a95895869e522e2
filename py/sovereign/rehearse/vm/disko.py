"""Disko's own format script for a host, evaluated from checkouts of disko and of nixpkgs' lib."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sovereign.rehearse.values import EvaluationError, last_message
from sovereign.run import run

VARIABLES = ("SOVEREIGN_DISKO", "SOVEREIGN_NIXPKGS_LIB")
"""They name checkouts of nix-community/disko and nix-community/nixpkgs.lib."""


def missing(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return what is not there: variables that are not set, and Nix."""
    nix = () if shutil.which("nix") else ("Nix",)
    return (*(name for name in VARIABLES if not environment.get(name)), *nix)


def format_script(generated: Path) -> str:
    """Return the script by which disko formats what `storage.nix` of a folder describes.

    Raises EvaluationError.
    """
    disko, lib = (_path(Path(os.environ[name])) for name in VARIABLES)
    module = f"import {_path(generated / 'storage.nix')} {{ config.boot.zfs.package = null; }}"
    expression = (
        f"(import {disko} {{ lib = import ({lib} + /lib); }}).format"
        f" {{ disko = {{ inherit (({module}).disko) devices; }}; }}"
    )
    told = ("--extra-experimental-features", "nix-command", "--impure", "--raw")
    done = run(("nix", "eval", *told, "--expr", expression), check=False)
    if done.code != 0:
        raise EvaluationError(f"disko's script cannot be made: {last_message(done.err)}")
    return done.out


def _path(path: Path) -> str:
    return f"(/. + {json.dumps(str(path.resolve()))})".replace("${", "\\${")
