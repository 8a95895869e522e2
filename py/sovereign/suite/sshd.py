"""What sshd has in force, and whom it lets in."""

import re
import time
from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from sovereign.expectations.user import SshLogin
from sovereign.suite.vantage import Vantage, last_line

_UNITS = ("sshd.service", "ssh.service")
_ARGV = re.compile(r"path=(?P<path>\S+) ; argv\[\]=(?P<argv>[^;]*) ;")
_HUNG_UP = re.compile(r"Connection (closed|reset) by|Not allowed at this time")
_TRIES = 6
_PAUSE_S = 6
_FILE = re.compile(r"\s-f\s+(\S+)")


def settings(inside: Vantage, user: str) -> dict[str, list[str]]:
    """The settings for a user, as `sshd -T` prints them: names in small letters, each with its values."""
    who = f"user={user},host=localhost,addr=127.0.0.1"
    out = inside.output(*_program(inside), "-T", "-C", who)
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        name, _, value = line.partition(" ")
        found.setdefault(name.lower(), []).append(value)
    return found


def login(client: Vantage, expectation: SshLogin, address: str, keys: Sequence[str]) -> str | None:
    """Nothing where one of the keys gets in, else what ssh says.

    OpenSSH 9.8 hangs up on who failed a few times (PerSourcePenalties): then this waits and tries again.
    """
    options = (
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "ConnectTimeout=10",
        # Who the host is, its keys tell to whom verifies it; this asks whom it lets in.
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
    )
    with ExitStack() as stack:
        files = [stack.enter_context(client.secret(f"{key.rstrip()}\n")) for key in keys]
        words = [word for option in options for word in ("-o", option)]
        words += [word for file in files for word in ("-i", file)]
        target = (f"{expectation.user}@{address}", "true")
        argv = ("ssh", "-F", "/dev/null", "-T", "-p", str(expectation.port), *words, "--", *target)
        for _ in range(_TRIES):
            done = client.run(*argv, timeout=40)
            if done.code == 0 or not _HUNG_UP.search(done.err):
                break
            time.sleep(_PAUSE_S)
    return None if done.code == 0 else last_line(done.err)


def new_key(client: Vantage) -> str:
    """A private key that nobody knows."""
    make = (
        'd=$(mktemp -d) && ssh-keygen -q -t ed25519 -N "" -f "$d/key" && cat "$d/key"; rm -rf "$d"'
    )
    return client.output("sh", "-c", make)


def _program(inside: Vantage) -> list[str]:
    """The program that the unit runs, with its file of settings."""
    for unit in _UNITS:
        done = inside.run("systemctl", "show", "--property", "ExecStart", unit)
        if started := _ARGV.search(done.out):
            file = _FILE.search(started["argv"])
            return [started["path"], *(["-f", file[1]] if file else [])]
    for path in ("/usr/sbin/sshd", "/run/current-system/sw/bin/sshd"):
        if inside.run("test", "-x", path).code == 0:
            return [path]
    pytest.skip("no unit runs sshd, and it is not installed")
