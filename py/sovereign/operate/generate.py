"""From the inventory to the files under hosts/<host>/generated, or to what would change there."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import ClassVar

from sovereign.errors import Exit, SovereignError, WriteError
from sovereign.files import fingerprint, holds, write_atomically
from sovereign.generators.output import Output
from sovereign.generators.registry import generate_host
from sovereign.inventory.load import Inventory
from sovereign.nix.syntax import syntax_errors
from sovereign.parallel import in_parallel


class GeneratedSyntaxError(SovereignError):
    """A generator made a text that does not parse; nothing was written."""

    code: ClassVar[str] = "GEN001"
    exit_code: ClassVar[Exit] = Exit.FAILED


@dataclass(frozen=True, slots=True)
class HostChange:
    """What differs between a host's folder of generated files and what it should hold."""

    host: str
    write: tuple[Output, ...]
    remove: tuple[str, ...]
    unchanged: tuple[str, ...]
    fingerprint: str
    """Of the folder as it should be."""

    @property
    def current(self) -> bool:
        """Whether nothing differs."""
        return not self.write and not self.remove


def folder(root: Path, host: str) -> Path:
    """Where a host's generated files lie. Everything in it is ours."""
    return root / "hosts" / host / "generated"


def plan(inventory: Inventory, names: Sequence[str]) -> tuple[HostChange, ...]:
    """Generate the named hosts in memory and compare with what lies on disk.

    Raises GeneratedSyntaxError when a changed module does not parse.
    """
    parts = in_parallel(partial(_plan_hosts, inventory), names)
    return tuple(change for part in parts for change in part)


def apply(root: Path, changes: Iterable[HostChange]) -> None:
    """Write and remove; each file is replaced whole. Raises WriteError."""
    in_parallel(partial(_apply_all, root), [change for change in changes if not change.current])


def _apply_all(root: Path, changes: Sequence[HostChange]) -> None:
    for change in changes:
        place = folder(root, change.host)
        for output in change.write:
            write_atomically(place / output.name, output.text, executable=output.executable)
        for name in change.remove:
            try:
                (place / name).unlink(missing_ok=True)
            except OSError as error:
                raise WriteError(f"cannot remove {place / name}: {error.strerror}") from error


def differences(root: Path, change: HostChange) -> str:
    """What `apply` would change, as a unified diff."""
    place = folder(root, change.host)
    new: Mapping[str, str] = {output.name: output.text for output in change.write}
    diffs = []
    for name in sorted({*new, *change.remove}):
        path = place / name
        shown = str(path.relative_to(root))
        old = path.read_text("utf-8", errors="replace") if _is_plain(path) else ""
        lines = unified_diff(
            old.splitlines(),
            new.get(name, "").splitlines(),
            f"a/{shown}",
            f"b/{shown}",
            lineterm="",
        )
        diffs.append("\n".join(lines))
    return "\n".join(diffs)


def _plan_hosts(inventory: Inventory, names: Sequence[str]) -> list[HostChange]:
    return [_plan_host(inventory, name) for name in names]


def _plan_host(inventory: Inventory, name: str) -> HostChange:
    outputs = generate_host(inventory, name)
    place = folder(inventory.root, name)
    present = _present(place)
    write = tuple(
        output
        for output in outputs.values()
        if not holds(place / output.name, output.text, executable=output.executable)
    )
    for output in write:
        if output.module and (spans := syntax_errors(output.text)):
            raise GeneratedSyntaxError(
                f"the text generated for hosts/{name}/generated/{output.name} does not parse,"
                f" line {spans[0].line}; this is a fault of its generator"
            )
    changed = {output.name for output in write}
    return HostChange(
        name,
        write,
        tuple(sorted(present - set(outputs))),
        tuple(sorted(set(outputs) - changed)),
        fingerprint((o.name, o.executable, o.text.encode()) for o in outputs.values()),
    )


def _present(place: Path) -> set[str]:
    """The names in a host's folder; WriteError when what is there cannot be ours to remove."""
    if place.is_symlink():
        raise WriteError(f"{place} is a link; generated files lie in a folder of their own")
    try:
        entries = list(os.scandir(place))
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise WriteError(f"cannot read {place}: {error.strerror}") from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            raise WriteError(
                f"{entry.path} is a folder; there are only generated files in {place.name}",
                hint="move it elsewhere",
            )
    return {entry.name for entry in entries}


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
