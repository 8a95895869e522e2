"""Where a cluster is, and whether anything answers there; nothing of Ray is imported for it."""

import re
import socket

from scf.worker.runner import RunnerError

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[1-9][0-9]{0,4})")
_SECONDS = 2.0


def parsed(address: str) -> tuple[str, int]:
    """Host and port of `host:port`, as `ray start --head` names it. Raises RunnerError."""
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match["port"]) > 65535:
        raise RunnerError(
            f"{address!r} is no address of a Ray cluster",
            hint='write "host:port", as ray start --head names it',
        )
    return match["host"].strip("[]"), int(match["port"])


def answers(address: str) -> bool:
    """Whether something takes connections there. Raises RunnerError for what is no address."""
    try:
        socket.create_connection(parsed(address), timeout=_SECONDS).close()
    except OSError:
        return False
    return True
