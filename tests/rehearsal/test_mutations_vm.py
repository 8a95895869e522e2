"""A change that matters is noticed in the vm tier: on disks of true size, and by a kernel of its own.

What needs guests runs where SOVEREIGN_VM_ROOT names the root that guests boot from:

    SOVEREIGN_VM_ROOT=…/roots/vm-…/root pytest -s -m rehearsal tests/rehearsal/test_mutations_vm.py
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fleets import ROOT
from rehearsal import trials
from rehearsal.trials import HOST, Mutation
from sovereign.expectations.base import Expectation
from sovereign.expectations.document import Document, read
from sovereign.expectations.interface import Vlan
from sovereign.expectations.unit import UnitSetting
from sovereign.generators.registry import EXPECTATIONS
from sovereign.rehearse.concerns import network
from sovereign.rehearse.furnish import World
from sovereign.rehearse.project import copy_project
from sovereign.rehearse.values import evaluate
from sovereign.rehearse.vm.host import RehearsedHost, rehearsed_host
from sovereign.rehearse.vm.limits import limits_proofs
from sovereign.rehearse.vm.proof import Proof
from sovereign.rehearse.vm.storage import FORMAT, PROPERTIES, Site, lay_out, site, start_from
from sovereign.rehearse.vm.suite import run_suite

GENERATED = ROOT / "hosts" / HOST / "generated"
MUTATIONS = tuple(trials.of_generated_files("vm"))
LIMITS = "limits in force: "


def of(*concerns: str, file: str = "") -> pytest.MarkDecorator:
    rows = [
        mutation
        for concern, mutation in MUTATIONS
        if concern in concerns and file in ("", mutation.file)
    ]
    return pytest.mark.parametrize("mutation", rows, ids=lambda row: row.name)


def asked(mutation: Mutation) -> tuple[Expectation, ...]:
    """What must fail, of all that is expected of the host as it is."""
    known = read(GENERATED / EXPECTATIONS).expectations
    if mutation.fails.startswith(LIMITS):
        unit = mutation.fails.rpartition("emily-")[2]
        about = [one for one in known if isinstance(one, UnitSetting)]
        return tuple(one for one in about if one.name == f"emily-{unit}.service")
    return tuple(one for one in known if re.fullmatch(mutation.fails, one.id))


@pytest.mark.parametrize("mutation", [row for _, row in MUTATIONS], ids=lambda row: row.name)
def test_a_mutation_changes_one_place_of_what_is_expected(mutation: Mutation) -> None:
    text = (GENERATED / mutation.file).read_text("utf-8")
    assert mutation.made_in(text) != text
    assert mutation.key in {one.key for one in asked(mutation)}


def test_each_has_a_name_of_its_own() -> None:
    everything = [*trials.of_generated_files(), *MUTATIONS, *trials.of_generators()]
    names = [mutation.name for _, mutation in everything]
    assert len(set(names)) == len(names)
    assert len(MUTATIONS) >= 15


# With guests


@pytest.fixture(scope="module")
def vm_root(able: None) -> Path:
    del able
    if "SOVEREIGN_VM_ROOT" not in os.environ:
        pytest.skip("SOVEREIGN_VM_ROOT names no root of a guest")
    return Path(os.environ["SOVEREIGN_VM_ROOT"])


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder whose name is short enough for the sockets in it."""
    with TemporaryDirectory(prefix="vm-") as folder:
        yield Path(folder)


def say(text: str) -> None:
    print(text, flush=True)


def storage(mutation: Mutation, vm_root: Path, scratch: Path) -> Site:
    project = trials.project_with(mutation, scratch)
    return site(project, HOST, scratch / f"{mutation.name}.run", "trial", vm_root)


@of("storage", file="format.sh")
def test_a_mutation_of_the_layout_is_noticed(
    mutation: Mutation, vm_root: Path, scratch: Path
) -> None:
    place = storage(mutation, vm_root, scratch)
    place.blank()
    with place.guest("guest", say) as guest:
        say(lay_out(place, guest))
        found = _checked(place.folder, mutation, guest.spec, "storage")
    shutil.rmtree(place.disks)
    _is_noticed(mutation, found)


@pytest.fixture(scope="module")
def laid_out(vm_root: Path, scratch: Path) -> Path:
    """The host's disks as format.sh leaves them."""
    place = site(ROOT, HOST, scratch, "laid-out", vm_root)
    place.blank()
    with place.guest("guest", say) as guest:
        say(lay_out(place, guest))
        guest.run(f"{FORMAT} --unmount")
    return place.disks


@of("storage", "boot", file="storage.nix")
def test_a_mutation_of_what_a_boot_mounts_is_noticed(
    mutation: Mutation, laid_out: Path, vm_root: Path, scratch: Path
) -> None:
    place = replace(storage(mutation, vm_root, scratch), disks=laid_out)
    with place.guest("guest", say) as guest:
        start_from(place, guest)
        _is_noticed(mutation, _checked(place.folder, mutation, guest.spec, "storage"))


@of("storage", file="zfs-properties.sh")
def test_a_mutation_of_the_properties_is_noticed(
    mutation: Mutation, laid_out: Path, vm_root: Path, scratch: Path
) -> None:
    place = replace(storage(mutation, vm_root, scratch), disks=laid_out)
    with place.guest("guest", say) as guest:
        start_from(place, guest)
        guest.put(PROPERTIES, (place.generated / mutation.file).read_text("utf-8"))
        guest.run(PROPERTIES)
        found = _checked(place.folder, mutation, guest.spec, "storage")
        guest.put(PROPERTIES, (GENERATED / mutation.file).read_text("utf-8"))
        guest.run(f"{PROPERTIES}; zpool sync")
    _is_noticed(mutation, found)


def _checked(
    folder: Path, mutation: Mutation, spec: str, concern: str, more: Sequence[str] = ()
) -> tuple[Proof, ...]:
    chosen = folder / f"{mutation.name}.checked"
    chosen.mkdir()
    text = Document.of(HOST, asked(mutation)).text()
    (chosen / EXPECTATIONS).write_text(text, "utf-8")
    return tuple(run_suite(chosen, spec, concern, {}, {}, say, more))


def _is_noticed(mutation: Mutation, found: Sequence[Proof]) -> None:
    failed = [one for one in found if one.outcome == "failed"]
    for one in failed:
        say(f"{one.name}: {one.message}")
    matching = [one.key for one in failed if re.match(mutation.fails, one.name)]
    assert mutation.key in matching, f"found: {found}"


@pytest.fixture(scope="module")
def host(vm_root: Path, scratch: Path) -> Iterator[RehearsedHost]:
    with rehearsed_host(ROOT, HOST, scratch / "kernel", vm_root, say) as running:
        yield running


def _values(
    host: RehearsedHost, mutation: Mutation, scratch: Path
) -> Mapping[str, Mapping[str, object]]:
    project = trials.project_with(mutation, scratch)
    copy = scratch / f"{mutation.name}.keyed"
    copy_project(project, copy, host.keys)
    return evaluate(copy, HOST)


@of("network")
def test_a_mutation_of_the_network_is_noticed(
    mutation: Mutation, host: RehearsedHost, scratch: Path
) -> None:
    values = _values(host, mutation, scratch)
    try:
        _furnish(host, values)
        found = _checked(scratch, mutation, host.guest.spec, "network")
    finally:
        _furnish(host, host.values)
    _is_noticed(mutation, found)
    again = scratch / "again"
    again.mkdir(exist_ok=True)
    restored = _checked(again, mutation, host.guest.spec, "network")
    assert [one.outcome for one in restored] == ["passed"] * len(restored)


def _furnish(host: RehearsedHost, values: Mapping[str, Mapping[str, object]]) -> None:
    """Give the host its network anew; networkd leaves a VLAN that is there as it is."""
    vlans = [one.name for one in host.document.expectations if isinstance(one, Vlan)]
    host.place(network.wires(values["network"]))
    host.run("\n".join(f"ip link delete {name}" for name in vlans))
    host.furnish(network.furnish(values["network"], World(host.name, host.around.names)))
    there = " && ".join(f"[ -e /sys/class/net/{name} ]" for name in vlans)
    host.run(f"for try in $(seq 60); do if {there}; then exit; fi; sleep 0.5; done; exit 1")


@of("emily")
def test_a_mutation_of_emilys_limits_is_noticed(
    mutation: Mutation, host: RehearsedHost, scratch: Path
) -> None:
    changed = replace(host, values=_values(host, mutation, scratch))
    _is_noticed(mutation, tuple(limits_proofs(changed, say)))
