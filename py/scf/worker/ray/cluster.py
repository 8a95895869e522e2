"""Joining a cluster. What a trainer starts there ends with its process, in whatever way that ends."""

import logging
import threading
import time
from collections.abc import Callable

import ray

LOG = logging.getLogger("scf")
_SECONDS = 60.0
_TICK = 0.2


def join(address: str, alive: Callable[[], None]) -> bool:
    """Make this process one of the cluster at `address`; whether it is.

    `alive` is called until it is; Ray waits for minutes for what does not answer as it should.
    """
    reasons: list[str] = []

    def connect() -> None:
        try:
            ray.init(
                address=address, namespace="scf", log_to_driver=False, logging_level=logging.ERROR
            )
        except Exception as error:  # whatever keeps it away, it is away
            reasons.append(f"{type(error).__name__}: {error}")

    # a thread of its own also leaves this process its signal handlers, which Ray would replace
    joining = threading.Thread(target=connect, daemon=True)
    joining.start()
    end = time.monotonic() + _SECONDS
    while joining.is_alive() and time.monotonic() < end:
        alive()
        joining.join(_TICK)
    there = not joining.is_alive() and not reasons
    if not there:
        LOG.warning("the cluster at %s is away: %s", address, "".join(reasons) or "no answer")
    return there
