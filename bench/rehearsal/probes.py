"""Whether something works: each asks what one of the suite's checks asks, and is quickly answered."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from bench.rehearsal.figures import WrongError
from bench.rehearsal.paths import smbclient
from bench.rehearsal.place import Place
from bench.rehearsal.writers import Rows

import sovereign.suite
from sovereign.expectations.flow import Flow
from sovereign.expectations.http import Http
from sovereign.expectations.user import SshLogin

Probe: TypeAlias = Callable[[], bool]

_REACH = Path(sovereign.suite.__file__).parent / "programs" / "reach.py"
_GET = """
import sys, urllib.request
url, wanted = sys.argv[1:]
answer = urllib.request.urlopen(url, timeout=2)
sys.exit(wanted not in answer.read().decode())
"""


def share(place: Place) -> Probe:
    """A user of a share gets in, encrypted."""
    one = place.share()
    client = place.world.machines[one.source]
    account = place.account(client, one.users[0])
    words = ("timeout", "3", *smbclient(one.address, one.share, account, "ls"))
    return lambda: client.run(words, check=False).code == 0


def database(place: Place) -> Probe:
    """The owner of a database gets in, by a password."""
    return Rows(place).answer


def login(place: Place) -> Probe:
    """An operator gets in by ssh. Raises WrongError where nobody may."""
    for one in place.all(SshLogin):
        file = place.world.job.credentials / "ssh" / one.user
        client = place.world.machines.get(one.source)
        if not one.allowed or client is None or not file.exists():
            continue
        options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")
        words = [word for option in (*options, "ConnectTimeout=2") for word in ("-o", option)]
        key = place.key(client, one.user)
        target = f"{one.user}@{one.address}"
        argv = ("ssh", "-F", "/dev/null", "-i", key, *words, "-p", str(one.port), target, "true")
        return lambda: client.run(argv, check=False, timeout=20).code == 0
    raise WrongError("no operator may come in from a zone that is here")


def tunnel(place: Place, zone: str) -> Probe:
    """Something that may cross a tunnel does. Raises WrongError where nothing may."""
    for one in place.all(Flow):
        if one.allowed and one.address and zone in {one.source, one.destination}:
            return _flow(place, one)
    raise WrongError(f"nothing may cross the tunnel of {zone}")


def firewall(place: Place) -> Probe:
    """What nobody may reach from outside is not reached. Raises WrongError where all may."""
    for one in place.all(Flow):
        if not one.allowed and one.address and one.destination == "host":
            reached = _flow(place, one)
            return lambda: not reached()
    raise WrongError("everything may be reached")


def healthy(place: Place) -> Probe:
    """Emily says that she is healthy. Raises WrongError where nobody expects her to."""
    for one in place.all(Http):
        client = place.world.machines.get(one.source)
        if client is not None and one.contains and one.credential == "none":
            url = f"http://{one.address}:{one.port}{one.path}"
            argv = ("python3", "-", url, one.contains)
            return lambda: client.run(argv, stdin=_GET, check=False, timeout=20).code == 0
    raise WrongError("Emily is not asked from a zone that is here")


def running(place: Place, unit: str, before: int) -> bool:
    """Whether a unit is active, by another process than `before`."""
    now = main_pid(place, unit)
    state = place.world.host.run(("systemctl", "is-active", unit), check=False).out.strip()
    return state == "active" and now not in {0, before}


def main_pid(place: Place, unit: str) -> int:
    """Return the main process of a unit, 0 where it has none."""
    shown = ("systemctl", "show", "--property=MainPID", "--value", unit)
    return int(place.world.host.run(shown).out.strip() or 0)


def _flow(place: Place, one: Flow) -> Probe:
    source = place.world.machines.get(one.source)
    if source is None:
        raise WrongError(f"nobody is in {one.source}")
    target = f"{one.address} {one.ports[0]}"
    words = ("python3", "-", "1", *target.split())
    program = _REACH.read_text("utf-8")
    return lambda: target in source.run(words, stdin=program, check=False, timeout=20).out
