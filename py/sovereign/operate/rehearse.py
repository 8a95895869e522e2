"""From hosts to what a rehearsal found: what is needed and missing, the roots, the fast tier."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import sovereign
from sovereign.errors import SovereignError, UsageError
from sovereign.generators.registry import CONCERNS
from sovereign.inventory.load import Inventory
from sovereign.operate.verify import Verified
from sovereign.rehearse import debian, emily_wheel
from sovereign.rehearse.dry import rehearse_dry
from sovereign.rehearse.fast import Trial, rehearse_fast
from sovereign.rehearse.job import Event
from sovereign.rehearse.namespace import run_folder
from sovereign.rehearse.timed import Tell
from sovereign.rehearse.virtual import rehearse_vm
from sovereign.rehearse.vm.run import STAGES
from sovereign.rehearse.vm.run import TOOLS as VM_TOOLS
from sovereign.suite.result import Results, read_results

TOOLS = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nix": "nix-bin",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
"""What the fast tier runs on this machine, and Debian's package that holds it."""


_KEPT = ("*.log", "*.json", "*/faults.json", "*/results.json", "*/survey.txt")


class NotPreparedError(SovereignError):
    """What a rehearsal needs is not here."""

    code: ClassVar[str] = "REH003"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What was found of a host, or of a trial; `refused` where it does not even evaluate."""

    name: str
    results: Results | None
    refused: str = ""


def missing(tools: Mapping[str, str] = TOOLS) -> tuple[str, ...]:
    """What this machine lacks for a tier, the fast one unless others are named, in words."""
    found = [] if os.geteuid() == 0 else ["root: namespaces and mounts are made by root alone"]
    for tool, package in tools.items():
        if shutil.which(tool) is None:
            found.append(f"{tool} (Debian: apt install {package})")
    return tuple(found)


def rehearse(
    inventory: Inventory,
    host: str,
    *,
    only: Sequence[str] = (),
    trials: Sequence[Trial] = (),
    keep: Path | None = None,
    tell: Tell,
) -> tuple[Rehearsed, ...]:
    """Rehearse a host in the fast tier, and trials of it. `keep` gets the logs and results.

    Raises NotPreparedError, RootError, and what `rehearse_fast` raises.
    """
    prepared()
    cache = _cache()

    def progress(text: str) -> None:
        tell(Event(stage=text))

    roots = tuple(machine_roots(cache, inventory, host, progress))
    with run_folder(cache) as folder:
        try:
            tried = rehearse_fast(
                inventory, host, roots=roots, folder=folder, only=only, trials=trials, tell=tell
            )
            return tuple(
                Rehearsed(one.name, None if one.refused else read_results(one.results), one.refused)
                for one in tried
            )
        finally:
            if keep is not None:
                _keep(folder, keep, tell)


def rehearse_all(
    inventory: Inventory,
    names: Sequence[str],
    *,
    only: Sequence[str] = (),
    tier: str = "fast",
    keep: Path | None = None,
    tell: Tell,
) -> tuple[Verified, ...]:
    """Rehearse hosts one after the other; what one fails with does not keep the next from it.

    `only` are concerns, and stages in the tier vm. Where something is missing, nothing is run:
    hosts are evaluated and rendered, and each check is skipped with what is missing as its reason.

    Raises UsageError, and NotPreparedError without Nix, before anything is done.
    """
    _known(only, tier)
    if shutil.which("nix") is None:
        prepared()
    lacking = missing(TOOLS | VM_TOOLS if tier == "vm" else TOOLS)

    def one(name: str) -> Verified:
        if lacking:
            reason = f"nothing is run for want of {'; '.join(lacking)}"
            with run_folder(_cache()) as folder:
                concerns = () if tier == "vm" else only
                results = rehearse_dry(
                    inventory, name, reason, folder=folder, only=concerns, tell=tell
                )
            return Verified(name, results)
        kept = keep / name if keep else None
        if tier == "vm":
            return Verified(name, _in_guests(inventory, name, only=only, keep=kept, tell=tell))
        (found,) = rehearse(inventory, name, only=only, keep=kept, tell=tell)
        return Verified(name, found.results, found.refused)

    found: list[Verified] = []
    for name in names:
        try:
            found.append(one(name))
        except SovereignError as error:
            hint = f" ({error.hint})" if error.hint else ""
            found.append(Verified(name, None, f"{error.message}{hint}"))
        except OSError as error:
            said = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            found.append(Verified(name, None, said))
    return tuple(found)


def prepared() -> None:
    """Raise NotPreparedError with all that this machine lacks."""
    lacking = missing()
    if lacking:
        raise NotPreparedError("the rehearsal needs " + "; ".join(lacking))


def _cache() -> Path:
    try:
        return debian.cache_folder()
    except RuntimeError as error:  # an account without a home folder
        raise NotPreparedError(
            "there is no folder for the cache", hint="set HOME or XDG_CACHE_HOME"
        ) from error


def _known(only: Sequence[str], tier: str) -> None:
    what, names = "concern", [one.name for one in CONCERNS]
    if tier == "vm":
        what, names = "stage of the tier vm", list(STAGES)
    if unknown := sorted(set(only) - set(names)):
        raise UsageError(
            f"no {what} is called {', '.join(unknown)}", hint=f"known: {', '.join(names)}"
        )


def _in_guests(
    inventory: Inventory, host: str, *, only: Sequence[str], keep: Path | None, tell: Tell
) -> Results:
    cache = _cache()
    with run_folder(cache) as folder:
        try:
            return rehearse_vm(inventory, host, cache=cache, folder=folder, only=only, tell=tell)
        finally:
            if keep is not None:
                _keep(folder, keep, tell)


def machine_roots(
    cache: Path, inventory: Inventory, host: str, progress: Callable[[str], None]
) -> Sequence[Path]:
    """The layers of the root of a host's machines, made if they are not there: the lowest last."""
    lowest = debian.root(cache, debian.HOST, progress)
    source = emily_source()
    if inventory.hosts[host].emily is None or source is None:
        return (lowest,)
    return (emily_wheel.layer(cache, source, progress), lowest)


def emily_source() -> Path | None:
    """The checkout that this package runs from, if it holds Emily."""
    checkout = Path(sovereign.__file__).resolve().parents[2]
    return checkout if (checkout / "py" / "emily").is_dir() else None


def _keep(folder: Path, keep: Path, tell: Tell) -> None:
    """Copy what was said and found, and no secret; what cannot be kept spoils no result."""
    found = (file for pattern in _KEPT for file in folder.glob(pattern))
    for file in sorted(file for file in found if file.name != "job.json"):
        target = keep / file.relative_to(folder)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy(file, target)
        except OSError as error:
            tell(Event(stage=f"{target} cannot be kept: {error.strerror}"))
