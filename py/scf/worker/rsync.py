"""Files by rsync over ssh: a transfer that was cut off goes on where it was."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scf.contracts.job import FileRef
from scf.worker.errors import TransportError
from scf.worker.plain import end_of
from scf.worker.transport import SMALL, place, receive
from sovereign.errors import ProgramError
from sovereign.run import Completed, start

# what starts with a hyphen would be an option, and what holds a blank would be two words
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PATH = re.compile(r"/[A-Za-z0-9._/+@=,-]*")
_ABSENT = 23
"""rsync: a source file does not exist; there may be other reasons, which its message tells."""

_OPTIONS = (
    # by content, not by time; written in place, so that the first part of a file is not sent again
    "--checksum",
    "--inplace",
    "--protect-args",
    "--timeout=60",
)


@dataclass(frozen=True, slots=True)
class Login:
    """How to enter a machine: by this key, and only when its host key is in `known_hosts`."""

    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    alias: str = ""
    """The name under which the host key is known, where addresses change."""

    def shell(self) -> str:
        """The words of ssh, for rsync to split. Raises TransportError."""
        for text, form in ((self.host, _HOST), (self.user, _USER), (self.alias or "a", _HOST)):
            if not form.fullmatch(text):
                raise TransportError(f"not a host or a user: {text!r}")
        for path in (self.key, self.known_hosts):
            if not _PATH.fullmatch(str(path)):
                raise TransportError(f"{path}: an absolute path without blanks and quotes, please")
        if not 0 < self.port < 1 << 16:
            raise TransportError(f"not a port: {self.port}")
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "20",
            "ServerAliveInterval": "15",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self.known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "ForwardAgent": "no",
            "LogLevel": "ERROR",
        } | ({"HostKeyAlias": self.alias} if self.alias else {})
        words = ["ssh", "-F", "/dev/null", "-i", self.key, "-p", self.port]
        words += [f"-o{name}={value}" for name, value in options.items()]
        return " ".join(str(word) for word in words)


class RsyncTransport:
    """Files below the folder `base` of a machine; `seconds` is the longest that one file may take."""

    def __init__(self, login: Login, base: str, *, seconds: float = 6 * 3600.0) -> None:
        if not _PATH.fullmatch(base) or ".." in base.split("/"):
            raise TransportError(f"not an absolute path without blanks: {base!r}")
        # rsync may be two processes, of which the kernel ends one with us: without ssh the other ends too
        self._shell = f"setpriv --pdeathsig KILL -- {login.shell()}"
        self._there = f"{login.user}@{login.host}:{base.rstrip('/')}"
        self._seconds = seconds

    def push(self, files: Sequence[tuple[Path, FileRef]], to: str) -> None:
        """Bring files there, in this order. Raises TransportError."""
        for path, file in files:
            self._check(self._run("--mkpath", path.absolute(), self._at(to, file.name)))

    def put(self, name: str, to: str, data: bytes) -> None:
        """Replace a small file there, as a whole. Raises TransportError."""
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / place(name)
            path.write_bytes(data)
            self._check(self._run("--mkpath", "--no-inplace", path, self._at(to, name)))

    def pull(self, files: Sequence[FileRef], at: str, into: Path) -> None:
        """Bring files here. Raises RefusedError, TransportError, OSError."""

        def bring(file: FileRef, coming: Path) -> None:
            size = f"--max-size={file.bytes}"  # a larger one is not taken at all
            words = (size, self._at(at, file.name), coming.absolute())
            self._check(self._run(*words, most=file.bytes), _ABSENT)

        receive(files, into, bring)

    def peek(self, name: str, at: str) -> bytes | None:
        """A small file there, None when there is none. Raises TransportError."""
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / place(name)
            done = self._run(f"--max-size={SMALL}", self._at(at, name), path)
            if done.code == _ABSENT and "No such file" in done.err:
                return None
            self._check(done)
            return path.read_bytes() if path.is_file() else None

    def _at(self, to: str, name: str) -> str:
        return f"{self._there}/{place(to)}/{place(name)}"

    def _run(self, *words: str | Path, most: int = SMALL) -> Completed:
        """Run rsync, which ends with this process, however that ends.

        No file that it or ssh writes here grows beyond `most` bytes, or those of a small file: the other
        side may send more than it said, and complain without end.
        """
        limit = ("prlimit", f"--fsize={max(most, SMALL)}", "--")
        argv = (*limit, "rsync", *_OPTIONS, "-e", self._shell, *words[:-2], "--", *words[-2:])
        with TemporaryDirectory() as scratch:
            log = Path(scratch) / "log"
            try:
                process = start(argv, log=log)
                try:
                    code = process.wait(self._seconds)
                finally:
                    process.stop(grace=0)
            except ProgramError as error:
                raise TransportError(error.message) from error
            return Completed(tuple(map(str, argv)), code, "", end_of(log))

    @staticmethod
    def _check(done: Completed, *accepted: int) -> None:
        if done.code not in (0, *accepted):
            raise TransportError(_last_word(done))


def _last_word(done: Completed) -> str:
    """What ssh or rsync said last, without the frame around it."""
    frame = ("@", "rsync error:", "rsync: connection unexpectedly closed")
    lines = [line.strip() for line in done.err.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(frame)] or lines
    return told[-1] if told else f"rsync ended with {done.code}"
