"""Clients that go on writing while something breaks, and what of the acknowledged is lost."""

import hashlib
import secrets
import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from bench.rehearsal.figures import WrongError
from bench.rehearsal.paths import smbclient
from bench.rehearsal.place import Place

from sovereign.errors import ProgramError
from sovereign.run import Completed

_FOLDER = "bench"
_TABLE = "bench_rows"
_TRY_S = 6
_PAUSE_S = 0.05
_FILE_BYTES, _ROW_BYTES = 64 << 10, 1 << 10
_FEW = 3


class Files:
    """Files that a client puts on a share, each of random content."""

    def __init__(self, place: Place) -> None:
        share = place.share()
        if place.host.samba is None:
            raise WrongError("the host shares no files")
        self._place, self._share = place, share
        self._client = place.world.machines[share.source]
        self._account = place.account(self._client, share.users[0])
        self._folder = f"{place.host.samba.shares[share.share].path}/{_FOLDER}"
        self.acknowledged: dict[str, str] = {}
        self._ask(f"mkdir {_FOLDER}")

    def write(self) -> None:
        """Put one more; it counts when the client says that it is there."""
        name, text = f"{len(self.acknowledged)}-{secrets.token_hex(4)}", _random(_FILE_BYTES)
        if self._ask(f"put /dev/stdin {_FOLDER}/{name}", text).code == 0:
            self.acknowledged[name] = text

    def lost(self) -> int:
        """Return the bytes of acknowledged files that are not there as they were written."""
        found = self._place.world.host.run(("sh", "-c", f"cd {self._folder} && sha256sum *")).out
        there = {name: digest for digest, _, name in (x.partition("  ") for x in found.split("\n"))}
        return bytes_lost(self.acknowledged, there)

    def _ask(self, command: str, text: str = "") -> Completed:
        argv = smbclient(self._share.address, self._share.share, self._account, command)
        return self._client.run(("timeout", str(_TRY_S), *argv), stdin=text, check=False)


class Rows:
    """Rows that a client commits to a database, each of random content."""

    def __init__(self, place: Place) -> None:
        self._access = place.database()
        self._client = place.world.machines[self._access.source]
        self._passfile = place.passfile(self._client, self._access.user)
        self.acknowledged: dict[str, str] = {}
        made = self._ask(f"create table if not exists {_TABLE} (id text primary key, content text)")
        if made.code != 0:
            raise WrongError(f"no table can be made: {made.err.strip()[-200:]}")

    def write(self) -> None:
        """Commit one more; it counts when the server has said so."""
        name, text = f"{len(self.acknowledged)}-{secrets.token_hex(4)}", _random(_ROW_BYTES)
        if self._ask(f"insert into {_TABLE} values ('{name}', '{text}')").code == 0:
            self.acknowledged[name] = text

    def lost(self) -> int:
        """Return the bytes of acknowledged rows that are not there as they were written."""
        sql = f"select id, encode(sha256(content::bytea), 'hex') from {_TABLE}"
        done = self._ask(sql)
        if done.code != 0:
            raise WrongError(f"the rows cannot be read: {done.err.strip()[-200:]}")
        there = {name: digest for name, _, digest in (x.partition("|") for x in done.out.split())}
        return bytes_lost(self.acknowledged, there)

    def answer(self) -> bool:
        """Whether the database lets its owner in."""
        return self._ask("select 1").code == 0

    def _ask(self, sql: str) -> Completed:
        one = self._access
        place = f"host={one.address} dbname={one.database} user={one.user} connect_timeout=3"
        known = ("timeout", str(_TRY_S), "env", f"PGPASSFILE={self._passfile}")
        psql = ("psql", "-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-d", place)
        return self._client.run((*known, *psql), stdin=sql, check=False)


class Writing:
    """Both, each in a thread of its own, from entry to exit."""

    def __init__(self, files: Files, rows: Rows) -> None:
        self._ended = Event()
        self._writers: tuple[Files | Rows, ...] = (files, rows)
        self._threads = [Thread(target=self._go_on, args=(one.write,)) for one in self._writers]

    def __enter__(self) -> "Writing":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for_some(self) -> None:
        """Wait until each had a few more acknowledged. Raises WrongError when nothing can be written."""
        wanted = [len(one.acknowledged) + _FEW for one in self._writers]
        end = time.monotonic() + 30
        while any(
            len(one.acknowledged) < count for one, count in zip(self._writers, wanted, strict=True)
        ):
            if time.monotonic() > end:
                raise WrongError("nothing is acknowledged, before anything is broken")
            time.sleep(0.05)

    def _go_on(self, write: Callable[[], None]) -> None:
        while not self._ended.is_set():
            try:
                write()
            except ProgramError:
                continue
            finally:
                time.sleep(_PAUSE_S)


def bytes_lost(acknowledged: dict[str, str], there: dict[str, str]) -> int:
    """Count the bytes whose SHA-256 is not `there` under their name, and forget them: once is lost."""
    gone = [
        name
        for name, text in acknowledged.items()
        if there.get(name) != hashlib.sha256(text.encode()).hexdigest()
    ]
    return sum(len(acknowledged.pop(name)) for name in gone)


def total(acknowledged: dict[str, str]) -> int:
    """Count all bytes that were acknowledged."""
    return sum(map(len, acknowledged.values()))


def _random(size: int) -> str:
    return secrets.token_hex(size // 2)
