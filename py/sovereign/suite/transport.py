"""How a program is started on a machine: here, over SSH, or inside the namespaces of a process."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import parse_qs, urlsplit

from sovereign.errors import ProgramError, UsageError
from sovereign.run import Completed, run

PATH = "/run/wrappers/bin:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""NixOS's folders of programs, then everybody else's."""

_GRACE_S = 15
"""Longer than the machine's own `timeout`, which ends what hangs and leaves nothing behind."""


class UnreachableError(ProgramError):
    """A machine cannot be reached, or what it answers is no text."""

    code: ClassVar[str] = "VER001"


class Transport(Protocol):
    """Starts a program on a machine and waits for its end."""

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        """Run a program for at most `timeout` seconds. Raises UnreachableError."""
        ...


@dataclass(frozen=True, slots=True)
class Local:
    """This machine, with this process's own PATH first."""

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        """Run a program here."""
        path = f"{os.environ.get('PATH', '')}:{PATH}"
        return _run((), ("env", f"PATH={path}", *_bounded(argv, timeout)), stdin, timeout)


@dataclass(frozen=True, slots=True)
class Nsenter:
    """The namespaces and the root folder of a process: a container's, or a network's alone."""

    pid: int

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        """Run a program there, with an environment of its own."""
        enter = ("nsenter", f"--target={self.pid}", "--all", "--root", "--wd", "--")
        clean = ("/usr/bin/env", "-i", f"PATH={PATH}", "HOME=/root", "LC_ALL=C.UTF-8")
        done = _run(enter, (*clean, *_bounded(argv, timeout)), stdin, timeout)
        if done.code != 0 and done.err.startswith("nsenter: "):
            raise UnreachableError(f"process {self.pid}: {done.err.strip()}")
        return done


@dataclass(frozen=True, slots=True)
class Ssh:
    """A machine over OpenSSH, which asks nothing; `sudo` without a password where it is wanted."""

    target: str
    options: tuple[str, ...]
    sudo: bool

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        """Run a program there."""
        raised = ("sudo", "-n", "--") if self.sudo else ()
        inner = (*raised, "env", f"PATH={PATH}", "LC_ALL=C.UTF-8", *_bounded(argv, timeout))
        login = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *self.options)
        done = _run((*login, "--", self.target), (shlex.join(inner),), stdin, timeout)
        if done.code == 255:
            last = done.err.strip().splitlines()[-1:] or ["no answer"]
            raise UnreachableError(f"{self.target}: {last[0]}")
        return done

    def close(self) -> None:
        """End the connection that is kept open, if one is."""
        run(("ssh", *self.options, "-O", "exit", "--", self.target), timeout=30, check=False)


_LONGEST_CONTROL = 48
"""Of the 108 bytes that a socket's path may have, ssh's own names take the rest."""


def transport(spec: str, control: Path | None = None) -> Transport:
    """Read `local://`, `nsenter://PID` or `ssh://[USER@]HOST[:PORT][?sudo=true&ssh_identity_file=FILE]`.

    SSH keeps one connection open beside a socket in the folder `control`. Raises UsageError.
    """
    try:
        parts = urlsplit(spec)
        port, query = parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise UsageError(f"{spec!r} is no vantage: {error}") from error
    if parts.scheme == "local" and not parts.netloc and not query:
        return Local()
    if parts.scheme == "nsenter" and parts.netloc.isascii() and parts.netloc.isdigit():
        return Nsenter(int(parts.netloc))
    known = {"sudo", "ssh_identity_file", "ssh_config"}
    named = parts.hostname and not parts.hostname.startswith("-")
    if parts.scheme != "ssh" or not named or not known.issuperset(query) or parts.password:
        raise UsageError(
            f"{spec!r} is no vantage",
            hint="write local://, nsenter://PID or ssh://USER@HOST:PORT,"
            " with ?sudo=true, ssh_identity_file=FILE or ssh_config=FILE behind it",
        )
    options = ["-p", str(port)] if port else []
    for name, flag in (("ssh_config", "-F"), ("ssh_identity_file", "-i")):
        options += [flag, str(Path(query[name][0]).expanduser())] if name in query else []
    if control is not None and len(str(control)) <= _LONGEST_CONTROL:
        shared = ("ControlMaster=auto", f"ControlPath={control}/%C", "ControlPersist=60")
        options += [word for option in shared for word in ("-o", option)]
    user = f"{parts.username}@" if parts.username else ""
    sudo = query.get("sudo", ["false"])[0].lower() == "true"
    return Ssh(f"{user}{parts.hostname}", tuple(options), sudo)


def _bounded(argv: Sequence[str], timeout: float) -> tuple[str, ...]:
    return ("timeout", "--kill-after=2", f"{timeout:g}", *argv)


def _run(prefix: Sequence[str], argv: Sequence[str], stdin: str, timeout: float) -> Completed:
    try:
        return run(
            (*prefix, *argv),
            stdin=stdin,
            env={"LC_ALL": "C.UTF-8"},
            timeout=timeout + _GRACE_S,
            check=False,
        )
    except ProgramError as error:
        raise UnreachableError(error.message) from error
    except UnicodeDecodeError as error:
        raise UnreachableError("the answer is no text (UTF-8)") from error
