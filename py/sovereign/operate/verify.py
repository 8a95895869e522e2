"""From hosts to what the suite found on them, each failure at its line of the inventory."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from urllib.parse import quote

from sovereign.diagnostics import Diagnostic, Severity
from sovereign.errors import Exit, ProgramError, SovereignError, UsageError
from sovereign.generators.registry import CONCERNS, expect_host
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import parse_dotted
from sovereign.inventory.topology import links
from sovereign.run import run
from sovereign.suite.result import Result, Results, read_results

CODE = "VER005"
"""A check of a running host failed."""

_AT_ONCE = 8
_LONGEST_S = 3600


class MissingExtraError(SovereignError):
    """The packages that look at hosts are not installed."""

    code: ClassVar[str] = "VER006"


class NoAddressError(SovereignError):
    """The inventory does not say at which address a host takes SSH."""

    code: ClassVar[str] = "VER007"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of a host, or why nothing was."""

    host: str
    results: Results | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class From:
    """From where is looked: the host by name, clients by zone, with which secrets, at which concerns."""

    hosts: Mapping[str, str]
    zones: Sequence[str] = ()
    credentials: Path | None = None
    only: str = ""


def verify(
    inventory: Inventory,
    names: Sequence[str],
    given: From,
    tell: Callable[[Verified], None],
) -> tuple[Verified, ...]:
    """Check hosts, a few at once; `tell` hears of each that is done.

    Raises MissingExtraError, NoAddressError and UsageError before anything is looked at.
    """
    missing = [name for name in ("pytest", "testinfra") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{' and '.join(missing)} cannot be imported",
            hint="install the extra verify: pip install 'sovereign[verify]'",
        )
    unknown = {word for word in given.only.split(",") if word} - {one.name for one in CONCERNS}
    if unknown:
        known = ", ".join(concern.name for concern in CONCERNS)
        raise UsageError(
            f"no concern is called {', '.join(sorted(unknown))}", hint=f"known: {known}"
        )
    specs = {name: given.hosts.get(name) or address_of(inventory, name) for name in names}

    def one(name: str) -> Verified:
        found = _verify(inventory, name, specs[name], given)
        tell(found)
        return found

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(one, names))


def address_of(inventory: Inventory, name: str) -> str:
    """How a host is called over SSH: in a zone that may, as its first operator. Raises NoAddressError."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    ssh = host.access.ssh
    addresses = [
        link.address.ip
        for zone in ssh.zones
        for link in links(fleet, host)
        if link.zone == zone and link.address
    ]
    if not addresses:
        raise NoAddressError(
            f"{name} has no address that is known in a zone that may use SSH",
            hint="name it: --hosts ssh://USER@ADDRESS",
        )
    user = next(iter(host.access.operators), "root")
    raised = "" if user == "root" else "?sudo=true"
    return f"ssh://{quote(user)}@{addresses[0]}:{fleet.ports[ssh.port].port}{raised}"


def failures(inventory: Inventory, verified: Sequence[Verified]) -> Iterator[Diagnostic]:
    """Each failed check at the key that asks for what it expects."""
    for one in verified:
        for result in one.results.of("failed") if one.results else ():
            yield _failure(inventory, one.host, result)


def exit_code(verified: Sequence[Verified]) -> Exit:
    """3 when a check failed; else 5 when some hosts, and 1 when no host, could be looked at."""
    seen = [one.results for one in verified if one.results]
    if any(results.of("failed") for results in seen):
        return Exit.FINDINGS
    if len(seen) == len(verified):
        return Exit.DONE
    return Exit.SOME_HOSTS_FAILED if seen else Exit.FAILED


def _failure(inventory: Inventory, host: str, result: Result) -> Diagnostic:
    stand_in = f"\nfor NixOS stood in: {result.stand_in}" if result.stand_in else ""
    return Diagnostic(
        CODE,
        Severity.ERROR,
        result.message,
        inventory.file(None if result.shared else host),
        at=parse_dotted(result.key),
        detail=f"expected of {host}: {result.id}{stand_in}",
        host=host,
    )


def _verify(inventory: Inventory, name: str, spec: str, given: From) -> Verified:
    with TemporaryDirectory(prefix="sovereign-verify-") as folder:
        expectations, results = Path(folder, "expectations.json"), Path(folder, "results.json")
        expectations.write_text(expect_host(inventory, name).text(), "utf-8")
        argv = [sys.executable, "-P", "-m", "sovereign.suite"]
        argv += ["--expectations", str(expectations), "--inside", spec, "--results", str(results)]
        argv += [word for zone in given.zones for word in ("--from", zone)]
        argv += ["--credentials", str(given.credentials)] if given.credentials else []
        argv += ["--only", given.only] if given.only else []
        # The suite is this package's own, wherever it was imported from.
        path = os.pathsep.join(part for part in sys.path if part)
        try:
            done = run(argv, env={"PYTHONPATH": path}, timeout=_LONGEST_S, check=False)
            return (
                Verified(name, read_results(results))
                if results.exists()
                else Verified(name, None, _last(done.err))
            )
        except (ProgramError, UnicodeDecodeError) as error:
            return Verified(name, None, f"the suite did not run: {error}")


def _last(said: str) -> str:
    last = (said.strip().splitlines() or ["the suite said nothing"])[-1]
    return last.partition("]: ")[2] or last
