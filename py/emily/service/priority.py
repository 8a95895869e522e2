"""The scheduler's priority of what must not wait: the instinct, and the router that carries it."""

import os
from contextlib import suppress

_REAL_TIME = 1
"""The lowest priority of SCHED_RR, which is above everything that is not real-time."""
_NICE = -10


def raise_priority() -> None:
    """Ask for real-time scheduling, or for a better nice value; without the right to, for nothing.

    To be called before threads are started: they inherit it. Under systemd the unit has set it.
    """
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        return
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_REAL_TIME))
        return
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
