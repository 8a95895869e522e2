"""Units of systemd: systemd.service(5), systemd.exec(5), systemd.timer(5)."""

from pathlib import Path

from scf.units.install import Install, InstallError

MEMORY_MAX = "16G"
"""Of the daemon and the worker that it starts."""
MONDAY = "Mon *-*-* 06:00:00 UTC"
"""Weeks begin at midnight UTC."""

_SANDBOX = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
UMask=0027
"""


def systemd_unit(install: Install) -> str:
    """scf.service: the daemon, as long as the machine is up and the drive is there.

    GPUs stay in reach (no PrivateDevices), and so does memory that is written and run, which PyTorch's
    compilers need. Raises InstallError.
    """
    return f"""\
[Unit]
Description=SCF: trains, attests and releases models
{_places(install)}StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
ExecStart={_command(install, "daemon")}
Restart=on-failure
RestartSec=5s
# the worker is told to end as well, and saves what it goes on from
KillMode=control-group
TimeoutStopSec=60s
CPUWeight=50
IOWeight=50
MemoryMax={MEMORY_MAX}
TasksMax=512
{_service(install)}
[Install]
WantedBy=multi-user.target
"""


def systemd_release(install: Install) -> str:
    """scf-release.service: one weekly release; the timer starts it. Raises InstallError."""
    return f"""\
[Unit]
Description=SCF: the weekly release
{_places(install)}
[Service]
Type=oneshot
ExecStart={_command(install, "release")}
CPUWeight=20
IOWeight=20
MemoryMax={MEMORY_MAX}
{_service(install)}"""


def systemd_timer(install: Install) -> str:
    """scf-release.timer: on Mondays, or as soon as the machine is up again after one."""
    del install  # a timer names no place
    return f"""\
[Unit]
Description=SCF: the weekly release, on Mondays

[Timer]
OnCalendar={MONDAY}
Persistent=yes
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
"""


def _places(install: Install) -> str:
    return f"""\
# not before the drive is mounted, and no longer than it is
RequiresMountsFor={_word(install.drive)} {_word(install.state)}
AssertPathIsDirectory={_text(install.drive / "fossil_vault")}
"""


def _service(install: Install) -> str:
    return f"""\
User={install.user}
Group={install.user}
ReadWritePaths={_word(install.drive)} {_word(install.state)}
Environment=OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
{_SANDBOX}"""


def _command(install: Install, verb: str) -> str:
    if any(sign in str(install.program) for sign in "\"'\\"):
        raise InstallError(
            f"program: systemd runs none with a quote or a \\ in its path: {install.program}"
        )
    # the first word is a path, in which $ is no variable
    return f"{_word(install.program)} {verb} --home {_word(install.state).replace('$', '$$')}"


def _word(path: Path) -> str:
    """A word of a list: quoted, and neither a specifier nor an escape."""
    text = _text(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _text(path: Path) -> str:
    return str(path).replace("%", "%%")
