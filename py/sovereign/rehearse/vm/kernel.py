"""The stages of the vm tier that need a real kernel under the whole host: one guest for all."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from sovereign.expectations.document import Document
from sovereign.expectations.smb import SmbChannels
from sovereign.rehearse.concerns.network import STAND_IN as NETWORKD
from sovereign.rehearse.render import smb_conf, wireguard_netdev
from sovereign.rehearse.vm.cifs import cifs_proofs, share_throughput
from sovereign.rehearse.vm.host import RehearsedHost, rehearsed_host
from sovereign.rehearse.vm.limits import limits_proofs
from sovereign.rehearse.vm.network import network_proofs, throughput
from sovereign.rehearse.vm.proof import Proof, StageResult, Tell, prove
from sovereign.rehearse.vm.suite import run_suite

_CONCERNS = ("network", "wireguard", "samba")
_STAND_INS = {
    r"(interface|sysctl|kernel-module|socket): .*": NETWORKD,
    r"(tunnel|handshake): .*": wireguard_netdev.STAND_IN,
    r"smb-.*": smb_conf.STAND_IN,
}


Proofs = Callable[[RehearsedHost, Tell], Iterator[Proof]]
Measure = Callable[[RehearsedHost], Mapping[str, float]]
STAGES: Mapping[str, tuple[Proofs, Measure | None]] = {
    "network": (network_proofs, throughput),
    "shares": (cifs_proofs, share_throughput),
    "limits": (limits_proofs, None),
}
"""What each stage proves, and what it measures."""


def run_kernel(
    project: Path,
    host: str,
    run_folder: Path,
    tell: Tell,
    *,
    vm_root: Path,
    only: Sequence[str] = tuple(STAGES),
) -> tuple[StageResult, ...]:
    """Boot the host under a kernel of its own; run the suite and these stages against it.

    The first result, "host", counts the time to a furnished host and holds the suite's answers.
    Raises EvaluationError, GuestError, ProgramError, UnusableRootError.
    """
    begun = time.monotonic()
    results: list[StageResult] = []
    with rehearsed_host(project, host, run_folder / "kernel", vm_root, tell) as guest:
        proofs = tuple(_suite(guest, tell))
        results.append(StageResult("host", proofs, time.monotonic() - begun))
        for name in only:
            prove_all, measure = STAGES[name]
            begun = time.monotonic()
            proofs = tuple(prove_all(guest, tell))
            figures: dict[str, float] = {}
            if measure:
                proofs += (
                    prove(f"{name} is measured", partial(_measure, measure, guest, figures), tell),
                )
            results.append(StageResult(name, proofs, time.monotonic() - begun, figures))
    return tuple(results)


def _measure(measure: Measure, host: RehearsedHost, figures: dict[str, float]) -> str:
    figures.update(measure(host))
    return ", ".join(f"{name} {value:.0f}" for name, value in figures.items())


def unproven(document: Document) -> dict[str, str]:
    """What the suite does not try here, as a pattern of ids, and why."""
    asked = [one for one in document.expectations if isinstance(one, SmbChannels)]
    first = {one.source: one.id for one in reversed(asked)}
    others = {
        re.escape(one.id): f"emulated; one share from there tells of all: {first[one.source]}"
        for one in asked
        if one.id != first[one.source]
    }
    return {**others, "smb-share: .*": "emulated; the fast tier tries each share"}


def _suite(host: RehearsedHost, tell: Tell) -> Iterator[Proof]:
    yield from run_suite(
        host.folder,
        host.guest.spec,
        ",".join(_CONCERNS),
        unproven(host.document),
        _STAND_INS,
        tell,
        tuple(host.vantages()),
    )
