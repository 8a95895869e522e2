"""Property lists of launchd, for a Mac: launchd.plist(5)."""

import plistlib

from scf.units.install import Install

LABEL = "systems.sovereign.scf"
MONDAY = {"Weekday": 1, "Hour": 15, "Minute": 0}
"""launchd knows local time alone. At 15:00 it is Monday UTC, or later, wherever the Mac is: from UTC+14,
where it is 01:00, to UTC-12, where it is 03:00 on Tuesday."""


def launchd_plist(install: Install) -> str:
    """The daemon, started again when it fails: for one as long as the drive is not mounted."""
    return _plist(
        install,
        LABEL,
        "daemon",
        KeepAlive={"SuccessfulExit": False},  # not after `scf control stop`
        RunAtLoad=True,
        ThrottleInterval=30,
        ExitTimeOut=60,
        ProcessType="Background",
        LowPriorityIO=True,
    )


def launchd_release_plist(install: Install) -> str:
    """The weekly release, on Mondays, or when the Mac wakes after one."""
    return _plist(install, f"{LABEL}.release", "release", StartCalendarInterval=MONDAY)


def _plist(install: Install, label: str, verb: str, **more: object) -> str:
    table = {
        "Label": label,
        "ProgramArguments": [str(install.program), verb, "--home", str(install.state)],
        "UserName": install.user,
        "WorkingDirectory": str(install.state),
        "EnvironmentVariables": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        "StandardOutPath": str(install.state / f"{verb}.log"),
        "StandardErrorPath": str(install.state / f"{verb}.log"),
        "Umask": 0o027,
        **more,
    }
    return plistlib.dumps(table, sort_keys=True).decode()
