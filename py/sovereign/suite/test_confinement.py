"""What confines a service's main process, as the kernel tells it: /proc/PID/status and mountinfo."""

from pathlib import PurePosixPath

from sovereign.expectations.confinement import Confinement
from sovereign.suite.systemd import properties
from sovereign.suite.vantage import Vantage, require

_COMMON = (
    "/",
    "/boot",
    "/etc",
    "/home",
    "/nix",
    "/opt",
    "/persist",
    "/root",
    "/usr",
    "/var",
    "/var/lib",
)

_CAPABILITIES = (
    *("chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid"),
    *("setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw"),
    *("ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct"),
    *("sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod"),
    *("lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog"),
    *("wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore"),
)
"""In the order of their numbers: capability.h of Linux."""


def test_confinement(expectation: Confinement, inside: Vantage) -> None:
    """The process can do no more than is expected."""
    unit = expectation.unit
    process = properties(inside, unit, "MainPID")["MainPID"]
    require(process not in {"", "0"}, f"{unit} does not run")
    status = dict(
        line.split(":", 1)
        for line in inside.output("cat", f"/proc/{process}/status").splitlines()
        if ":" in line
    )
    bound = _named(int(status.get("CapBnd", "0").strip(), 16))
    more = sorted(bound - set(expectation.capabilities))
    require(not more, f"{unit} may gain {', '.join(more)}")
    require(status.get("NoNewPrivs", "").strip() == "1", f"{unit} may gain privileges by a program")
    require(status.get("Seccomp", "").strip() == "2", f"no filter is on the system calls of {unit}")
    mounts = _mounts(inside.output("cat", f"/proc/{process}/mountinfo"))
    places = {*_COMMON, *expectation.writable}
    found = {place for place in places if _writable(place, mounts)}
    extra = sorted(found - set(expectation.writable))
    require(not extra, f"{unit} may write to {', '.join(extra)}")
    lacking = sorted(set(expectation.writable) - found)
    require(not lacking, f"{unit} cannot write to {', '.join(lacking)}")


def _named(bits: int) -> set[str]:
    known = {name for number, name in enumerate(_CAPABILITIES) if bits >> number & 1}
    rest = bits >> len(_CAPABILITIES)
    return known | ({f"more than are known (0x{rest:x})"} if rest else set())


def _mounts(text: str) -> dict[PurePosixPath, bool]:
    """Each mount point, the last that lies on it, and whether it may be written to."""
    rows = (line.split(" ") for line in text.splitlines())
    return {PurePosixPath(row[4]): "rw" in row[5].split(",") for row in rows if len(row) > 5}


def _writable(place: str, mounts: dict[PurePosixPath, bool]) -> bool:
    path = PurePosixPath(place)
    return next((mounts[at] for at in (path, *path.parents) if at in mounts), True)
