"""The stage "storage": format.sh on disks of true size, the booted host's mounts, and the suite."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sovereign.expectations.document import Document
from sovereign.generators.registry import expect_host
from sovereign.inventory.host import Host
from sovereign.inventory.load import load
from sovereign.rehearse.values import evaluate
from sovereign.rehearse.vm import disko
from sovereign.rehearse.vm.disks import drives, make_blank, names
from sovereign.rehearse.vm.guest import Guest, light_guest
from sovereign.rehearse.vm.mounts import STAND_IN, VALUES, start_script
from sovereign.rehearse.vm.proof import Proof, StageResult, Tell, expect, prove
from sovereign.rehearse.vm.qemu import Cache, Drive, Machine
from sovereign.rehearse.vm.suite import run_suite
from sovereign.rehearse.vm.survey import differences, script, survey

NAME = "storage"
FORMAT = "/root/format.sh"
PROPERTIES = "/root/zfs-properties.sh"
_DISKO = "/root/disko.sh"

# A mirror of md compares its members in the background: here 200 GiB of zeros, emulated.
HOLD_BACK = "modprobe md_mod; echo 1 >/proc/sys/dev/raid/speed_limit_max"

ONLY_2_4 = {
    r"zfs-property: \S+ xattr": 'OpenZFS 2.3 shows xattr=sa as "on"; from 2.4 it is "sa"',
}
"""What the guest's OpenZFS does not show as the host's does: a pattern of ids, and why."""

_UNPROVEN = ONLY_2_4 | {
    "mount: /": "the guest's root file system is the rehearsal's own",
    r"unit: .*": "this guest runs no systemd; the script of zfs-properties.service is run twice",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where a stage finds what it needs, and where it may write."""

    project: Path
    name: str
    host: Host
    root: Path
    folder: Path
    disks: Path

    @property
    def drives(self) -> tuple[Drive, ...]:
        """The host's disks on files of the folder `disks`."""
        return drives(self.host, self.disks)

    @property
    def generated(self) -> Path:
        """The folder of what was generated for the host."""
        return self.project / "hosts" / self.name / "generated"

    def guest(
        self, name: str, tell: Tell, cache: Cache = "unsafe"
    ) -> AbstractContextManager[Guest]:
        """Start a guest with the host's disks as they are in the folder."""
        machine = Machine(self.drives, cache)
        return light_guest(self.root, self.folder / name, machine, (names(self.host),), tell)

    def blank(self) -> None:
        """Give every disk an empty file."""
        for drive in self.drives:
            make_blank(self.host, drive)

    def survey(self, guest: Guest) -> tuple[str, ...]:
        """Look at all that is on the disks."""
        paths = [disk.path for disk in self.host.hardware.disks.values()]
        return survey(guest.run(script(paths)).out)


def site(project: Path, host: str, run_folder: Path, stage: str, vm_root: Path) -> Site:
    """Read the host and make the stage's folder. Raises InvalidInventoryError."""
    described = load(project).hosts[host]
    folder = run_folder / stage
    folder.mkdir(parents=True)
    return Site(project, host, described, vm_root, folder, folder / "disks")


def run_storage(
    project: Path, host: str, run_folder: Path, tell: Tell, *, vm_root: Path
) -> StageResult:
    """Lay out the host's disks, start from them as the booted host does, and run the suite.

    Where the variables of `disko` are set, disko's script lays out other disks, and both are
    compared. The sparse files stay in `run_folder / "storage" / "disks"`.
    """
    begun = time.monotonic()
    place = site(project, host, run_folder, NAME, vm_root)
    found = tuple(_proofs(place, tell))
    return StageResult(NAME, found, time.monotonic() - begun)


def _proofs(place: Site, tell: Tell) -> Iterator[Proof]:
    ours: list[str] = []
    place.blank()
    with place.guest("guest", tell) as guest:
        laid_out = prove("format.sh lays out empty disks", lambda: lay_out(place, guest), tell)
        yield laid_out
        if laid_out.outcome == "failed":
            return
        ours.extend(place.survey(guest))
        (place.folder / "survey.txt").write_text("\n".join(ours) + "\n")
        yield prove("format.sh lets go of what it laid out", lambda: _let_go(guest), tell)
        yield prove("format.sh refuses disks that are not empty", lambda: _refuses(guest), tell)
    with place.guest("restarted", tell) as guest:
        started = _started(place, guest, tell)
        yield started
        if started.outcome == "passed":
            yield prove("properties are set once", lambda: _properties(place, guest), tell)
            yield from _suite(place, guest, tell)
    yield _compare(place, ours, tell)


def lay_out(place: Site, guest: Guest) -> str:
    """Run format.sh, byte for byte, on the guest's disks."""
    guest.put(FORMAT, (place.generated / "format.sh").read_text("utf-8"))
    guest.run(f"udevadm settle; {HOLD_BACK}")
    begun = time.monotonic()
    guest.run(FORMAT)
    seconds = time.monotonic() - begun
    sizes = guest.run("zpool list -H -o name,size; zfs list -H -o name,available -d 0").out
    told = (" ".join(line.split()) for line in sizes.splitlines())
    return f"in {seconds:.0f} s; {'; '.join(told)}"


def _let_go(guest: Guest) -> str:
    guest.run(f"{FORMAT} --unmount")
    left = guest.run("zpool list -H -o name; ls /dev/md 2>/dev/null || true").out.split()
    expect(not left, f"still in use: {' '.join(left)}")
    return "pools exported, array stopped"


def _refuses(guest: Guest) -> str:
    done = guest.run(FORMAT, check=False)
    expect(done.code == 1, f"it exited with {done.code}")
    expect("nothing was changed" in done.err, f"it said: {done.err.strip()[-300:]}")
    return "nothing was changed"


def _started(place: Site, guest: Guest, tell: Tell) -> Proof:
    name = "the host's mounts come up"
    if shutil.which("nix") is None:
        return Proof(name, "skipped", "without Nix nobody knows what the host mounts")
    return prove(name, lambda: start_from(place, guest), tell)


def start_from(place: Site, guest: Guest) -> str:
    """Import, mount and swap on as a boot of the host does, by its evaluated options."""
    values = evaluate(place.project, place.name, concerns=VALUES)
    guest.run(HOLD_BACK)
    guest.run(start_script(values["storage"]))
    return f"after a restart: {STAND_IN}"


def _properties(place: Site, guest: Guest) -> str:
    text = (place.generated / "zfs-properties.sh").read_text("utf-8")
    changed = other_value(text)
    expect(changed is not None, "it sets no property that could be changed")
    dataset, setting, value, other = changed or ("", "", "", "")
    guest.put(PROPERTIES, text)
    guest.run(f"zfs set {setting}={other} {dataset}")
    first = _proven(guest.run(PROPERTIES).out)
    expect(first == [f"{dataset}: {setting}={value}, was {other}"], f"it said: {first}")
    second = _proven(guest.run(PROPERTIES).out)
    expect(not second, f"the second run changed something: {second}")
    return f"{setting} of {dataset} was put right; the second run changed nothing"


def other_value(text: str) -> tuple[str, str, str, str] | None:
    """Return a property that the script sets: dataset, name, value, and another allowed value."""
    others = {"atime": {"on": "off", "off": "on"}, "compression": {"off": "lz4"}}
    for dataset, setting, value in re.findall(r"^ensure (\S+) (\S+) (\S+)$", text, re.MULTILINE):
        if setting in others:
            return dataset, setting, value, others[setting].get(value, "off")
    return None


def _proven(said: str) -> list[str]:
    """Return the lines of what the script said, but for what only OpenZFS 2.4 shows."""
    return [line for line in said.splitlines() if not line.endswith(": xattr=sa, was on")]


def _suite(place: Site, guest: Guest, tell: Tell) -> Iterator[Proof]:
    document = expect_host(load(place.project), place.name)
    (place.folder / "expectations.json").write_text(document.text(), "utf-8")
    yield from run_suite(place.folder, guest.spec, NAME, _UNPROVEN, _stand_ins(document), tell)


def _stand_ins(document: Document) -> dict[str, str]:
    return {
        re.escape(one.id): STAND_IN
        for one in document.expectations
        if one.concern == NAME and one.type in {"mount", "swap", "file"}
    }


def _compare(place: Site, ours: list[str], tell: Tell) -> Proof:
    name = "disko's script lays out the same"
    if absent := disko.missing():
        return Proof(name, "skipped", f"without {' and '.join(absent)}")
    return prove(name, lambda: _disko(place, ours, tell), tell)


def _disko(place: Site, ours: list[str], tell: Tell) -> str:
    text = disko.format_script(place.generated)
    others = replace(place, disks=place.folder / "disko-disks")
    others.blank()
    with others.guest("disko", tell) as guest:
        guest.put(_DISKO, text)
        guest.run(f"udevadm settle; {HOLD_BACK}")
        begun = time.monotonic()
        guest.run(f"bash {_DISKO}", timeout=900)
        seconds = time.monotonic() - begun
        theirs = place.survey(guest)
    shutil.rmtree(others.disks)
    (place.folder / "survey-disko.txt").write_text("\n".join(theirs) + "\n")
    expect(not (found := differences(ours, theirs)), f"-format.sh +disko:\n{found}")
    return f"in {seconds:.0f} s; {len(theirs)} lines of the survey are equal"
