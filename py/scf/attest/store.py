"""The file of a log: one line to an entry, an attestation and the signed head of the log it ends.

One line holds both, so that no end of the process or of the power parts them: a line is there, or was
never written. All else (hashes, index) follows from the lines. The bytes depend on the statements,
their order, the keys and the clock alone. No file stays open: a drive can be unmounted at any time.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from scf import clock
from scf.attest import merkle
from scf.attest.errors import LockedError, LogError, ProofError
from scf.attest.hashes import Hashes
from scf.attest.index import Index, IndexDamagedError, Row
from scf.attest.keys import LAST_HEAD, PATIENCE_S, Keyring, sweep
from scf.attest.lines import (
    KEYS,
    LOG,
    MAX_LINE,
    OLDER,
    last_start,
    leaf_of,
    line_at,
    lines,
    record_of,
    whole,
)
from scf.attest.opened import open_regular, read_regular
from scf.attest.public import Keys, PublicKey, successor
from scf.attest.statement import (
    HEAD,
    STATEMENT,
    Attestation,
    Record,
    Statement,
    TreeHead,
)
from scf.drive import Drive, Partition, guarded
from scf.errors import DriveError, ScfError
from scf.turns import take

_HINT = "put the newest attestations/log back from a backup; nothing was changed"


class Store:
    """A log's lines, hashes and index. Many processes may read; one at a time writes."""

    def __init__(self, drive: Drive, keyring: Keyring) -> None:
        folder = drive.folder(Partition.ATTESTATIONS, "log")
        self.drive = drive
        self.keyring = keyring
        self.hashes = Hashes(drive, folder / "hashes")
        self.index = Index(drive)
        self.size = 0
        self.root = merkle.EMPTY
        self.head: TreeHead | None = None
        self.dropped = 0
        self._path = folder.parent / LOG
        self._length = 0

    @property
    def keys(self) -> Keys:
        """The public keys of the log."""
        return self.keyring.keys

    def nodes(self) -> AbstractContextManager[merkle.Node]:
        """The hashes of complete subtrees. Raises LogError for one that is not there, DriveError."""
        return self.hashes.reading()

    def about(self, cid: str) -> tuple[int, ...]:
        """The entries about these bytes, oldest first. Raises DriveError."""
        return self.index.about(cid)

    def of(self, kind: str) -> tuple[int, ...]:
        """The entries of this kind, oldest first. Raises DriveError."""
        return self.index.of(kind)

    def audit(self) -> None:
        """Hash every attestation again. Raises as `opened`."""
        with self.opened(audit=True):
            pass

    @contextmanager
    def opened(self, *, audit: bool = False) -> Iterator[int]:
        """The file, for this process alone, and all of it known. Raises LockedError and `_load`'s."""
        with guarded(self.drive.root):
            file = open_regular(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            try:
                take(file, _busy(), patience_s=PATIENCE_S)
                self._load(file, audit=audit)
                yield file
            finally:
                os.close(file)  # which unlocks it

    def refresh(self) -> None:
        """Learn what other processes wrote. Raises as `opened`."""
        with guarded(self.drive.root):
            length = self._path.stat().st_size
        if length != self._length:
            with self.opened():
                pass

    def add(
        self, file: int, statements: Iterable[Statement], *, successor: PublicKey | None = None
    ) -> None:
        """Sign statements and write them, in order; a successor signs the head that ends with them.

        Raises KeyringError, DriveError, ScfError for a statement that is too long.
        """
        signer = self.keyring.keys.last.key
        with self.nodes() as node:
            edge = merkle.Edge(self.size, node)
        text, hashes, rows, head = bytearray(), list[bytes](), list[Row](), self.head
        for statement in statements:
            attestation = Attestation(
                statement=statement,
                key=signer,
                signature=self.keyring.sign(STATEMENT, statement.canonical(), key=signer),
            )
            rows.append(Row(edge.size, self._length + len(text), statement))
            hashes += edge.push(merkle.leaf_hash(attestation.canonical()))
            head = self.signed(edge.size, edge.root(), successor.key if successor else signer)
            line = Record(attestation=attestation, head=head).canonical() + b"\n"
            if len(line) > MAX_LINE:
                raise ScfError(f"a statement of {len(line)} bytes: at most {MAX_LINE} fit the log")
            text += line
        if not text:
            return
        self.drive.admit(Partition.ATTESTATIONS, len(text) + sum(map(len, hashes)))
        self._write(file, bytes(text))
        self.hashes.put(self.size, hashes)
        self.index.add(rows)
        self.size, self.root, self.head = edge.size, edge.root(), head
        self._length += len(text)
        if head is not None:
            self.keyring.keep_head(head)

    def publish(self) -> None:
        """Put the public keys beside the log, for who only reads it; a full drive goes without them."""
        path, text = self.drive.root / Partition.ATTESTATIONS / KEYS, self.keys.canonical()
        with suppress(DriveError):
            with guarded(self.drive.root), suppress(FileNotFoundError):
                if read_regular(path, len(text) + 1) == text:
                    return
            self.drive.write(path, text)

    def signed(self, size: int, root: bytes, key: str) -> TreeHead:
        """A tree head, signed now. Raises KeyringError."""
        head = TreeHead(size=size, root=root.hex(), at=clock.now(), key=key, signature="0" * 128)
        signature = self.keyring.sign(HEAD, head.signed(), key=key)
        return head.model_copy(update={"signature": signature})

    def record(self, number: int) -> Record:
        """The line of an entry, as it stands. Raises LogError."""
        start = self.index.start(number)
        if start is None:  # the index was lost meanwhile
            with self.opened() as file:
                self._remake_index(file)
            start = self.index.start(number)
        with guarded(self.drive.root):
            file = open_regular(self._path, os.O_RDONLY)
            try:
                return record_of(line_at(file, self._length if start is None else start))
            finally:
                os.close(file)

    def believe(self, head: TreeHead) -> None:
        """Raise LogError unless a key of the log signed the head."""
        try:
            self.keyring.keys.check_head(head)
        except ProofError as error:
            raise LogError(f"the log: {error.message}") from None

    def _load(self, file: int, *, audit: bool) -> None:
        """Read the end of the file, and bring hashes and index in line with it. Raises LogError."""
        length = whole(file, os.fstat(file).st_size)
        if length < self._length:
            raise LogError("the log became shorter", hint=_HINT)
        if length == self._length and length > 0 and not audit:
            self._drop_torn(file, length)
            return
        sweep(self._path.parent)  # nobody else writes there now
        start = last_start(file, length) if length else 0
        last = record_of(line_at(file, start)) if length else None
        head = last.head if last else None
        size, root = (head.size, bytes.fromhex(head.root)) if head else (0, merkle.EMPTY)
        kept = self.keyring.last_head()
        self._reaches(size, kept)
        self._drop_torn(file, length)
        if last:
            self._know(last)
            self.believe(last.head)
        if not self.hashes.fit(size, root) or audit:
            self.hashes.remake(_leaves(file, length), size, root)
        with self.nodes() as node:
            if self.size > size or merkle.Edge(self.size, node).root() != self.root:
                raise LogError("the log was replaced by another while it was open")
            if kept and merkle.Edge(kept.size, node).root().hex() != kept.root:
                raise LogError(
                    f"the log does not begin with the {kept.size} entries that were signed as "
                    f"{self.keyring.folder / LAST_HEAD} says: another was put in its place",
                    hint=_HINT,
                )
        self.size, self.root, self.head, self._length = size, root, head, length
        expected = (size - 1, start, last.attestation.statement.gist) if last else None
        try:
            found = self.index.last()
        except IndexDamagedError:  # and removed
            found = self.index.last()
        if found != expected:
            self._remake_index(file)
        self.publish()
        if head and head != kept:  # this process, or another, was ended before it was kept
            self.keyring.keep_head(head)

    def _reaches(self, size: int, kept: TreeHead | None) -> None:
        """Refuse a log that is older than its keys, or than the last head that was kept."""
        signed = max(kept.size if kept else 0, self.keyring.keys.last.since)
        if size < signed:
            raise LogError(
                f"the log has {size} entries, and {signed} were signed: {OLDER}",
                hint=_HINT,
            )

    def _know(self, last: Record) -> None:
        """Learn of a change of keys that another process made, or this one before it was ended."""
        keys = self.keyring.keys
        if keys.get(last.head.key) is not None:
            return
        self.keyring.reload()
        if self.keyring.keys.get(last.head.key) is not None:
            return
        try:
            key = successor(last.attestation)
            self.keyring.keys.check_attestation(last.attestation, last.head.size - 1)
        except ProofError as error:
            raise LogError(f"the log ends with an unknown key: {error.message}") from None
        if (key.key, key.since) != (last.head.key, last.head.size):
            raise LogError("the log ends with a change of keys that is none")
        self.keyring.follow(key)

    def _remake_index(self, file: int) -> None:
        """Add to the index what it lacks; all, when it is not of this log."""
        last = self.index.last()
        number, start = 0, 0
        if last is not None:
            number, start, gist = last
            try:
                here = record_of(line_at(file, start))
                same = (here.head.size - 1, here.attestation.statement.gist) == (number, gist)
            except LogError:
                same = False
            if same and start < self._length:
                number, start = number + 1, start + len(here.canonical()) + 1
            else:
                self.index.clear()
                number, start = 0, 0
        self.index.add(
            Row(number + more, place, record_of(line).attestation.statement)
            for more, (place, line) in enumerate(lines(file, start, self._length))
        )

    def _drop_torn(self, file: int, length: int) -> None:
        """Leave the first `length` bytes, which are whole lines."""
        if length < os.fstat(file).st_size:
            os.ftruncate(file, length)
            os.fsync(file)
            self.dropped += 1

    def _write(self, file: int, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            with suppress(OSError):  # else what is torn is dropped the next time
                os.ftruncate(file, self._length)
            raise


def _leaves(file: int, length: int) -> Callable[[], Iterator[bytes]]:
    return lambda: (leaf_of(line) for _, line in lines(file, 0, length))


def _busy() -> LockedError:
    return LockedError(
        f"another process has been writing to the log for {PATIENCE_S:g} s",
        hint="see who: fuser attestations/log/log.ndjson",
    )
