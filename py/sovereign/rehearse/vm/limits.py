"""What the host's units may take: their limits in force, on a probe in the place of their program."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sovereign.expectations.unit import UnitSetting
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
_REFUSED = "Operation not permitted"

# These make a unit its own program's; all else says what the program may do.
_OWN = frozenset(
    {
        *("ExecStart", "ExecStartPre", "LoadCredential", "NotifyAccess", "Restart", "RestartSec"),
        *("Type", "WatchdogSec"),
    }
)


class Limits(BaseModel):
    """What only a kernel's own control groups enforce, as `systemctl show` prints it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    MemoryMax: int = 0
    """Bytes; 0: no limit."""

    TasksMax: int = 0
    IPAddressDeny: str = ""
    CPUSchedulingPolicy: int = 0

    @property
    def is_cut_off(self) -> bool:
        """Whether nothing may leave the host by IPv4."""
        return "0.0.0.0/0" in self.IPAddressDeny.split()


_ENFORCED = tuple(Limits.model_fields)


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
    asked = [one for one in host.document.expectations if isinstance(one, UnitSetting)]
    for names, settings in _alike(services, asked):
        name = f"limits in force: {', '.join(names)}"
        proof = prove(name, partial(_limited, host, settings, wanted(asked, names[0])), tell)
        first = next(one for one in asked if one.name == f"{names[0]}.service")
        yield replace(proof, key=first.key, shared=first.shared)


def wanted(asked: Iterable[UnitSetting], name: str) -> Limits:
    """What is expected of a service, whatever its options say."""
    own = (o for o in asked if o.name == f"{name}.service" and o.value != "infinity")
    return Limits.model_validate({one.setting: one.value for one in own})


def _alike(
    services: Mapping[str, Mapping[str, object]], asked: Sequence[UnitSetting]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, object]]]:
    """Yield the units with the same limits, given and expected, and the settings of the first.

    One try tells of all of them. A unit of which no limit is expected is left out.
    """
    found: dict[tuple[Limits, str], list[tuple[str, Mapping[str, object]]]] = {}
    for name, options in sorted(services.items()):
        settings = _SETTINGS.validate_python(options.get("serviceConfig", {}))
        given = repr([settings.get(setting) for setting in _ENFORCED])
        if (limits := wanted(asked, name)) != Limits():
            found.setdefault((limits, given), []).append((name, settings))
    for alike in found.values():
        yield tuple(name for name, _ in alike), alike[0][1]


def _control(host: RehearsedHost) -> str:
    seen = _tried(host, {}, Limits())
    free = Seen(result="success", policy=0, loopback="", outside="", threads=_FREE_THREADS)
    expect(seen.model_copy(update={"mebibytes": 0}) == free, f"it met a limit: {seen}")
    return f"{seen.threads} threads, {seen.mebibytes} MiB, datagrams to everywhere"


def _limited(host: RehearsedHost, settings: Mapping[str, object], limits: Limits) -> str:
    kept = {key: value for key, value in settings.items() if key not in _OWN}
    seen = _tried(host, kept, limits)
    check(seen, limits)
    parts = [f"killed after {seen.mebibytes} MiB"] if limits.MemoryMax else []
    parts += [f"{seen.threads} threads"] if limits.TasksMax else []
    parts += ["no datagram left the host"] if limits.is_cut_off else []
    return ", ".join(parts)


def check(seen: Seen, limits: Limits) -> None:
    """Raise RefutedError unless each limit was met, and not long before it was due."""
    expect(seen.loopback == "", f"a datagram to itself: {seen.loopback}")
    if limits.is_cut_off:
        expect(seen.outside == _REFUSED, f"a datagram out of the host: {seen.outside or 'sent'}")
    if limits.TasksMax:
        # The main thread is a task too.
        fits = limits.TasksMax // 2 < seen.threads < limits.TasksMax
        expect(fits, f"{seen.threads} threads with TasksMax={limits.TasksMax}")
    if limits.MemoryMax:
        expect(seen.result == "oom-kill", f"memory beyond MemoryMax: {seen.result}")
        most = limits.MemoryMax // _MIB
        expect(most // 2 < seen.mebibytes < most, f"killed after {seen.mebibytes} MiB of {most}")
    expect(seen.policy == limits.CPUSchedulingPolicy, f"its scheduling policy is {seen.policy}")


def _tried(host: RehearsedHost, settings: Mapping[str, object], limits: Limits) -> Seen:
    """Run the probe with a unit's settings, asking for more than they allow."""
    threads = limits.TasksMax + 16 if limits.TasksMax else _FREE_THREADS
    mebibytes = (limits.MemoryMax // _MIB or 512) + _BEYOND_MIB
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
