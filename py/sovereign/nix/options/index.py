"""The options that NixOS declares, from the `options.json` of its manual."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from sovereign.errors import SovereignError
from sovereign.nix.options.nodes import split_names
from sovereign.nix.options.overlay import Overlay, reviewed_overlay
from sovereign.nix.options.types import Group


class OptionIndexError(SovereignError):
    """An option index could not be read."""

    code: ClassVar[str] = "OPT100"


class OptionIndex:
    """The options of one NixOS release, with what an overlay adds to them.

    `root` is the tree of all options, `names` are their full names, and `replaced` tells what
    became of the options that are no more.
    """

    def __init__(self, described: Mapping[str, str], overlay: Overlay) -> None:
        types = {**overlay.newer, **described}
        for name, change in overlay.changed.items():
            if types.get(name) == change.was:
                types[name] = change.type
        self.root = Group(split_names(types))
        self.names = tuple(types)
        self.replaced = overlay.replaced


def read_index(path: Path, overlay: Overlay | None = None) -> OptionIndex:
    """Read an option index, either as nixpkgs builds it or below a key `options`.

    `overlay` is the reviewed one unless another is given. Raises OptionIndexError when the file
    cannot be read or is no option index.
    """
    try:
        data: object = json.loads(path.read_bytes())
    except OSError as error:
        raise OptionIndexError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise OptionIndexError(f"{path} is no JSON: {error}") from error
    return OptionIndex(_described(data, path), overlay or reviewed_overlay())


def _described(data: object, path: Path) -> dict[str, str]:
    """Return the type of every option in the data of an options.json."""
    if isinstance(data, dict) and isinstance(inner := data.get("options"), dict):
        data = data if "type" in inner else inner
    if not isinstance(data, dict):
        raise OptionIndexError(f"{path} is no option index", hint=_EXPECTED)
    described = {}
    for name, entry in data.items():
        if not isinstance(entry, dict):
            raise OptionIndexError(f"{path}: {name} is no option", hint=_EXPECTED)
        described[name] = str(entry.get("type", "unspecified value"))
    return described


_EXPECTED = "give the options.json that nixpkgs builds: { option name: { type, … } }"
