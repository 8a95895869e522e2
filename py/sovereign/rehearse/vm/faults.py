"""The stage "faults": disks pulled and power cut under the host's pools, and what became of it all."""

import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sovereign.rehearse.vm import known
from sovereign.rehearse.vm.disks import make_blank
from sovereign.rehearse.vm.guest import Guest
from sovereign.rehearse.vm.known import Known
from sovereign.rehearse.vm.proof import Proof, StageResult, Tell, expect, prove
from sovereign.rehearse.vm.pulls import Pull, pulls, repair, touched
from sovereign.rehearse.vm.qemu import Cache
from sovereign.rehearse.vm.storage import FORMAT, Site, lay_out, site
from sovereign.run import start

NAME = "faults"
_GOAL_S = 15 * 60
_SETTLE_S = 300
_ACKNOWLEDGED = 60
"""Files that are on the disks when the power is cut; more are being written."""

CACHE: Cache = "writeback"
"""A flush of the guest reaches the host's disk. What QEMU has taken survives its own end, so a cut
loses the guest's memory and what was under way, but no write that a disk had acknowledged."""

# The first comparison of a new mirror's members, here of zeros with zeros, is declared to be done:
# emulated it takes 20 minutes, and until then a member that comes back is copied as a whole.
_COMPARED = """
for md in /sys/block/md*/md; do
  [ -e "$md/sync_action" ] || continue
  echo frozen >"$md/sync_action"
  echo none >"$md/resync_start"
done
"""

_READY = f"""
mkdir -p /run/lock
modprobe md_mod
echo 200000 >/proc/sys/dev/raid/speed_limit_max
zed
udevadm settle
{FORMAT} --mount
"""

_TARGETS = "findmnt --list --noheadings --types zfs,ext4 --output TARGET | grep ^/mnt/"

_STATE = """
zpool list -H -o name,health | sed 's/\\t/ /'
for md in /sys/block/md*/md; do
  [ -e "$md/degraded" ] && echo "array $(cat "$md/degraded") $(cat "$md/sync_action")"
done
"""

_APPEARED = """
for path in {paths}; do
  for _ in $(seq 300); do [ -e "$path" ] && break; sleep 0.1; done
  [ -e "$path" ]
done
udevadm settle
"""

_POWER_CUT = "power cut in the middle of writes"

_RESILVERED = 'for pool in $(zpool list -H -o name); do zpool wait -t resilver "$pool"; done'

_SCRUB = """
for pool in $(zpool list -H -o name); do
  # Refused while something else goes through the pool.
  for _ in $(seq 60); do zpool scrub "$pool" 2>/dev/null && break; sleep 1; done
done
for pool in $(zpool list -H -o name); do zpool wait -t scrub "$pool"; done
zpool status | grep -E '^ *(pool|state|scan|errors):'
for md in /sys/block/md*/md; do
  [ -e "$md/sync_action" ] && echo "array $(cat "$md/degraded") missing"
done
"""


class Fault(BaseModel):
    """A row of the table of faults: the time until all was whole again, None where it never was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    survived: bool
    bytes_lost: int | None
    recover_s: float | None


TABLE: TypeAdapter[tuple[Fault, ...]] = TypeAdapter(tuple[Fault, ...])


@dataclass(slots=True)
class _Trial:
    """All files that were ever acknowledged, and what came of each fault."""

    place: Site
    tell: Tell
    files: dict[str, Known] = field(default_factory=dict)
    rows: list[Fault] = field(default_factory=list)

    def tried(self, name: str, attempt: Callable[[], str]) -> Proof:
        """Try a fault; whatever comes of it is a row of the table."""
        proof = prove(name, attempt, self.tell)
        if not any(row.name == name for row in self.rows):
            self.rows.append(Fault(name=name, survived=False, bytes_lost=None, recover_s=None))
        return proof

    def judge(self, name: str, guest: Guest, recover_s: float) -> str:
        """Scrub everything, read every file and add the row. Raises RefutedError."""
        problem = unhealthy(guest.run(_SCRUB, timeout=_SETTLE_S).out)
        lost = known.bytes_lost(guest, self.files)
        survived = not (problem or lost)
        row = Fault(name=name, survived=survived, bytes_lost=lost, recover_s=round(recover_s, 1))
        self.rows.append(row)
        expect(not problem, problem)
        expect(not lost, f"{lost} bytes are lost")
        expect(recover_s < _GOAL_S, f"it took {recover_s:.0f} s")
        return f"whole again after {recover_s:.1f} s, {len(self.files)} files intact"


def run_faults(
    project: Path, host: str, run_folder: Path, tell: Tell, *, vm_root: Path
) -> StageResult:
    """Pull disks and cut the power; the table goes to `run_folder / "faults" / "faults.json"`."""
    begun = time.monotonic()
    trial = _Trial(site(project, host, run_folder, NAME, vm_root), tell)
    try:
        found = tuple(_proofs(trial))
    finally:
        shutil.rmtree(trial.place.disks, ignore_errors=True)
    table = trial.place.folder / "faults.json"
    table.write_bytes(TABLE.dump_json(tuple(trial.rows), indent=1))
    return StageResult(NAME, found, time.monotonic() - begun, _figures(trial.rows))


def unhealthy(said: str) -> str:
    """Return what is wrong in the report of pools and arrays after a scrub, "" if nothing is."""
    bad = (
        line.strip()
        for line in said.splitlines()
        if ("state:" in line and "ONLINE" not in line)
        or ("scan:" in line and " with 0 errors " not in line)
        or ("errors:" in line and "No known data errors" not in line)
        or (line.startswith("array ") and line != "array 0 missing")
    )
    return "; ".join(bad)


def is_whole(line: str) -> bool:
    """Whether a line of the state tells of a pool or an array that lacks nothing."""
    return line.endswith(" ONLINE") or line == "array 0 idle"


def _figures(rows: Sequence[Fault]) -> Mapping[str, float]:
    return {
        "faults tried": len(rows),
        "faults survived": sum(row.survived for row in rows),
        "bytes lost": sum(row.bytes_lost or 0 for row in rows),
        **{f"{row.name}: whole again after s": row.recover_s for row in rows if row.recover_s},
    }


def _proofs(trial: _Trial) -> Iterator[Proof]:
    place, tell = trial.place, trial.tell
    place.blank()
    with place.guest("guest", tell, CACHE) as guest:
        ready = prove("known files on every file system", lambda: _fill(trial, guest), tell)
        yield ready
        if ready.outcome == "failed":
            return
        for pull in pulls(place.host):
            yield trial.tried(pull.name, partial(_pull, trial, guest, pull))
        cut = prove("QEMU is killed while files are written", lambda: _cut(trial, guest), tell)
        yield cut
    if cut.outcome == "passed":
        yield trial.tried(_POWER_CUT, lambda: _reopen(trial))


def _fill(trial: _Trial, guest: Guest) -> str:
    lay_out(trial.place, guest)
    guest.run(f"{_COMPARED}{FORMAT} --unmount")
    guest.put(known.WRITER, known.PROGRAM)
    guest.run(_READY)
    trial.files |= known.write(guest, "first", _folders(guest), 24, 3)
    total = sum(each.size for each in trial.files.values())
    return f"{len(trial.files)} files, {total / 1e6:.0f} MB, flushed to the disks ({CACHE})"


def _folders(guest: Guest) -> list[str]:
    return guest.run(_TARGETS).out.split()


def _pull(trial: _Trial, guest: Guest, pull: Pull) -> str:
    host = trial.place.host
    pools, arrays = touched(host, pull)
    pulled = [d for d in trial.place.drives if d.name in pull.disks]
    for drive in pulled:
        guest.pull(drive)
    # What is written now is missing on the disk that comes back.
    trial.files |= known.write(guest, pull.name.replace(" ", "-"), _folders(guest), 6, 1)
    state = guest.run(_STATE).out
    for pool in pools:
        expect(f"{pool} DEGRADED" in state, f"{pool} does not notice: {state.strip()}")
    expect(not arrays or "array 1 " in state, f"no array notices: {state.strip()}")
    lost = known.bytes_lost(guest, trial.files)
    expect(not lost, f"{lost} bytes cannot be read while degraded")
    begun = time.monotonic()
    for drive in pulled:
        if pull.then == "replaced":
            make_blank(host, drive)
        guest.plug(drive)
    guest.run(_APPEARED.format(paths=" ".join(host.hardware.disks[d.name].path for d in pulled)))
    guest.run(repair(host, pull, guest.run(f"{FORMAT} --dry-run").out))
    _until_whole(guest)
    return trial.judge(pull.name, guest, time.monotonic() - begun)


def _until_whole(guest: Guest) -> None:
    end = time.monotonic() + _SETTLE_S
    guest.run(_RESILVERED, timeout=_SETTLE_S)
    while state := [line for line in guest.run(_STATE).out.splitlines() if not is_whole(line)]:
        expect(time.monotonic() < end, f"not whole after {_SETTLE_S} s: {'; '.join(state)}")
        time.sleep(0.5)


def _cut(trial: _Trial, guest: Guest) -> str:
    words = ("ssh", "-F", str(guest.folder / "ssh_config"), "guest")
    program = shlex.join(("python3", known.WRITER, "endless", "cut", *_folders(guest)))
    writer = start((*words, program), listen=True)
    said: list[str] = []
    try:
        for line in writer.lines():
            said.append(line)
            if len(said) >= _ACKNOWLEDGED:
                guest.cut_power()
    finally:
        writer.stop(0)
    acknowledged = known.written(said)
    trial.files |= acknowledged
    expect(len(acknowledged) >= _ACKNOWLEDGED, f"only {len(acknowledged)} files were written")
    return f"{len(acknowledged)} files had been acknowledged; disks: {CACHE}"


def _reopen(trial: _Trial) -> str:
    begun = time.monotonic()
    place = trial.place
    with place.guest("guest-2", trial.tell, CACHE) as guest:
        guest.put(FORMAT, (place.generated / "format.sh").read_text("utf-8"))
        guest.put(known.WRITER, known.PROGRAM)
        guest.run(_READY)
        _until_whole(guest)
        return trial.judge(_POWER_CUT, guest, time.monotonic() - begun)
