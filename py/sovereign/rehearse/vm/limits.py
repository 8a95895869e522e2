"""What the host's units may take: their limits in force, on a probe in the place of their program."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.render import systemd_unit
from sovereign.rehearse.vm.host import RehearsedHost
from sovereign.rehearse.vm.proof import Proof, Tell, expect, prove

_PROBE = "/usr/local/lib/rehearsal/probe.py"
_SAID = "/run/rehearsal-probe"
_UNIT = "rehearsal-probe"
_MIB = 1 << 20
_BEYOND_MIB = 64
_FREE_THREADS = 300
_SUFFIXES = {"K": 1 << 10, "M": _MIB, "G": 1 << 30}
_POLICIES = {"other": 0, "fifo": 1, "rr": 2}
_REFUSED = "Operation not permitted"

# These make a unit its own program's; all else says what the program may do.
_OWN = frozenset(
    {
        *("ExecStart", "ExecStartPre", "LoadCredential", "NotifyAccess", "Restart", "RestartSec"),
        *("Type", "WatchdogSec"),
    }
)


class Limits(BaseModel):
    """The settings of a unit that only a kernel's own control groups enforce."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    MemoryMax: str = "infinity"
    TasksMax: int = 0
    IPAddressDeny: str = ""
    CPUSchedulingPolicy: str = "other"

    @property
    def memory(self) -> int:
        """Bytes; 0: no limit."""
        if self.MemoryMax == "infinity":
            return 0
        scale = _SUFFIXES.get(self.MemoryMax[-1], 1)
        return int(self.MemoryMax.rstrip("KMG")) * scale


class Seen(BaseModel):
    """What a probe told before it ended. A text that is not empty says why nothing was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    result: str
    """systemd's: "success", "oom-kill", …"""

    policy: int = -1
    loopback: str = "not tried"
    outside: str = "not tried"
    threads: int = 0
    mebibytes: int = 0


_SERVICES = TypeAdapter(dict[str, dict[str, object]])
_SETTINGS = TypeAdapter(dict[str, object])


def limits_proofs(host: RehearsedHost, tell: Tell) -> Iterator[Proof]:
    """Prove that what the kernel holds a unit to is held, for each unit of Emily's."""
    services = _SERVICES.validate_python(host.values.get("emily", {}).get("services", {}))
    if not services:
        yield Proof("limits", "skipped", f"{host.name} runs no unit of ours with limits")
        return
    text = Path(__file__).with_name("probe.py").read_text("utf-8")
    host.place((Placed(_PROBE, text),))
    host.run("getent passwd emily >/dev/null || useradd --system --user-group emily")
    yield prove("without limits the probe takes what it asks for", partial(_control, host), tell)
    for names, settings in _alike(services):
        name = f"limits in force: {', '.join(names)}"
        yield prove(name, partial(_limited, host, settings), tell)


def _alike(
    services: Mapping[str, Mapping[str, object]],
) -> Iterator[tuple[tuple[str, ...], Mapping[str, object]]]:
    """Yield the units that share their limits, with the settings of the first: one try tells of all."""
    found: dict[Limits, list[tuple[str, Mapping[str, object]]]] = {}
    for name, options in sorted(services.items()):
        settings = _SETTINGS.validate_python(options.get("serviceConfig", {}))
        found.setdefault(Limits.model_validate(settings), []).append((name, settings))
    for alike in found.values():
        yield tuple(name for name, _ in alike), alike[0][1]


def _control(host: RehearsedHost) -> str:
    seen = _tried(host, {}, Limits())
    free = Seen(result="success", policy=0, loopback="", outside="", threads=_FREE_THREADS)
    expect(seen.model_copy(update={"mebibytes": 0}) == free, f"it met a limit: {seen}")
    return f"{seen.threads} threads, {seen.mebibytes} MiB, datagrams to everywhere"


def _limited(host: RehearsedHost, settings: Mapping[str, object]) -> str:
    limits = Limits.model_validate(settings)
    kept = {key: value for key, value in settings.items() if key not in _OWN}
    seen = _tried(host, kept, limits)
    check(seen, limits)
    parts = [f"killed after {seen.mebibytes} MiB"] if limits.memory else []
    parts += [f"{seen.threads} threads"] if limits.TasksMax else []
    parts += ["no datagram left the host"] if limits.IPAddressDeny == "any" else []
    return ", ".join(parts)


def check(seen: Seen, limits: Limits) -> None:
    """Raise RefutedError unless each limit was met, and not long before it was due."""
    expect(seen.loopback == "", f"a datagram to itself: {seen.loopback}")
    if limits.IPAddressDeny == "any":
        expect(seen.outside == _REFUSED, f"a datagram out of the host: {seen.outside or 'sent'}")
    if limits.TasksMax:
        # The main thread is a task too.
        fits = limits.TasksMax // 2 < seen.threads < limits.TasksMax
        expect(fits, f"{seen.threads} threads with TasksMax={limits.TasksMax}")
    if limits.memory:
        expect(seen.result == "oom-kill", f"memory beyond MemoryMax: {seen.result}")
        most = limits.memory // _MIB
        expect(most // 2 < seen.mebibytes < most, f"killed after {seen.mebibytes} MiB of {most}")
    policy = _POLICIES.get(limits.CPUSchedulingPolicy)
    expect(policy in (None, seen.policy), f"its scheduling policy is {seen.policy}")


def _tried(host: RehearsedHost, settings: Mapping[str, object], limits: Limits) -> Seen:
    """Run the probe with a unit's settings, asking for more than they allow."""
    threads = limits.TasksMax + 16 if limits.TasksMax else _FREE_THREADS
    mebibytes = (limits.memory // _MIB or 512) + _BEYOND_MIB
    outside = host.around.uplink.addresses[0].ip
    own = {
        "Type": "oneshot",
        "TimeoutStartSec": 180,
        "StandardOutput": f"truncate:{_SAID}",
        "ExecStart": f"/usr/bin/python3 -I {_PROBE} {outside} {threads} {mebibytes}",
    }
    host.place(systemd_unit.service(_UNIT, {"serviceConfig": {**settings, **own}}))
    commands = f"systemctl daemon-reload; systemctl start {_UNIT} || true"
    shown = f"systemctl show -p Result --value {_UNIT}; cat {_SAID}; systemctl reset-failed {_UNIT}"
    lines = host.run(f"{commands}\n{shown} || true", timeout=240).out.splitlines()
    told: dict[str, object] = {"result": lines[0]}
    for line in lines[1:]:
        told |= json.loads(line)
    return Seen.model_validate(told)
