"""The log of attestations: append-only, a Merkle tree over it, and proofs of what is in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scf import clock
from scf.attest import merkle
from scf.attest.errors import KeyringError, LogError, ProofError
from scf.attest.keys import Keyring
from scf.attest.proof import Consistency, Inclusion, Link
from scf.attest.public import Keys, PublicKey, handover
from scf.attest.reader import Reader
from scf.attest.statement import KEY, Attestation, Statement, TreeHead
from scf.attest.store import Store
from scf.drive import Drive
from scf.errors import ScfError


@dataclass(frozen=True, slots=True)
class Entry:
    """An attestation, its place, its leaf hash in hexadecimal, and the head of the log that it ends."""

    index: int
    leaf: str
    attestation: Attestation
    head: TreeHead


class Log:
    """The log of a drive. Many processes may have it open, one writes at a time; for one thread each."""

    def __init__(self, store: Store | Reader) -> None:
        self._store = store

    @classmethod
    def open(cls, drive: Drive, keyring: Keyring, *, audit: bool = True) -> "Log":
        """The log of a drive; an empty one where there is none.

        With `audit` every attestation is hashed again, O(n); without, the last line and the hashes'
        right edge are checked, O(log n), and an entry when it is read. Raises LogError when the log is
        not what was signed, KeyringError, LockedError, DriveError.
        """
        store = Store(drive, keyring)
        with store.opened(audit=audit):
            return cls(store)

    @classmethod
    def read(cls, drive: Drive, keys: Keys, kept: TreeHead | None = None) -> "Log":
        """The log of a drive for reading alone: no private key is needed, and nothing is written.

        The first of its `keys` is enough. Only the last head that was `kept` tells that entries are
        missing at the end. Every attestation is hashed. Raises LogError when the log is not what was
        signed, DriveError.
        """
        reader = Reader(drive, keys, kept)
        reader.audit()
        return cls(reader)

    def __len__(self) -> int:
        return self._store.size

    @property
    def keys(self) -> Keys:
        """The public keys of the log."""
        return self._store.keys

    @property
    def keyring(self) -> Keyring:
        """The keys that the log signs with. Raises KeyringError where it was opened for reading."""
        return self._writable.keyring

    @property
    def root(self) -> str:
        """The root of the log as it is now, in hexadecimal. Raises LogError, DriveError."""
        self._first(None)
        return self._store.root.hex()

    @property
    def dropped(self) -> int:
        """How many lines, written in part when a process or the power ended, were dropped."""
        return self._store.dropped

    def append(self, statement: Statement) -> Entry:
        """The entry of a statement: the one that says the same already, or a new one, on the disk.

        Raises LogError, KeyringError, LockedError, DriveError.
        """
        return self.extend((statement,))[0]

    def extend(self, statements: Iterable[Statement]) -> list[Entry]:
        """`append` for many, written together."""
        store = self._writable
        with store.opened() as file:
            places: list[int] = []
            new: dict[str, int] = {}
            fresh: list[Statement] = []
            for statement in statements:
                if statement.kind == KEY:
                    raise ScfError("a key follows another by Log.rotate alone")
                gist = statement.gist
                place = new.get(gist, store.index.saying(gist))
                if place is None:
                    place = new[gist] = store.size + len(fresh)
                    fresh.append(statement)
                places.append(place)
            store.add(file, fresh)
        return [self.entry(place) for place in places]

    def rotate(self, *, after: str | None = None) -> PublicKey:
        """Hand the log from the key in use to a new one, which is returned.

        With `after`, only while that key is in use: however often it is asked for, it is done once.
        Raises LogError, KeyringError, LockedError, DriveError.
        """
        store = self._writable
        with store.opened() as file:
            old = self.keyring.keys.last
            if after is not None and old.key != after:
                return old
            new = self.keyring.next(since=store.size + 1)
            self.keyring.keys.extended(
                new
            )  # before the log says so: what cannot follow is not written
            store.add(file, (handover(old.key, new, at=clock.now()),), successor=new)
            self.keyring.follow(new)
            store.publish()
            return new

    def head(self, size: int | None = None) -> TreeHead:
        """The signed head of the log, or of its first `size` entries. Raises ProofError, LogError."""
        size = self._first(size)
        if size == 0:
            return self._store.signed(0, merkle.EMPTY, self.keys.keys[0].key)
        return self.entry(size - 1).head

    def entry(self, index: int) -> Entry:
        """An entry, checked against the signed root. Raises ProofError when there is none, LogError."""
        store = self._store
        if index >= store.size:
            store.refresh()
        if not 0 <= index < store.size:
            raise ProofError(f"no entry {index} in a log of {store.size}")
        record = store.record(index)
        attestation, head = record.attestation, record.head
        leaf = merkle.leaf_hash(attestation.canonical())
        with store.nodes() as node:
            path = merkle.inclusion(index, store.size, node)
            root = merkle.Edge(index + 1, node).root()
        signed = merkle.includes(leaf, index, store.size, path, store.root)
        if not signed or (head.size, head.root) != (index + 1, root.hex()):
            raise LogError(f"entry {index} of the log is not the one that was signed")
        store.believe(head)
        return Entry(index, leaf.hex(), attestation, head)

    def entries(self, start: int = 0) -> Iterator[Entry]:
        """The entries from `start` on, oldest first. Raises LogError."""
        for index in range(start, self._first(None)):
            yield self.entry(index)

    def find(self, cid: str) -> tuple[Entry, ...]:
        """The entries with this subject, oldest first. Raises LogError."""
        self._first(None)
        return tuple(self.entry(index) for index in self._store.about(cid))

    def newest(self, kind: str) -> tuple[str, ...]:
        """The CIDs that the newest statement of this kind is about, none when there is none.

        Raises LogError.
        """
        numbers = self.of(kind)
        if not numbers:
            return ()
        return tuple(one.cid for one in self.entry(numbers[-1]).attestation.statement.subjects)

    def of(self, kind: str) -> tuple[int, ...]:
        """The numbers of the entries of this kind, oldest first. Raises LogError."""
        self._first(None)
        return self._store.of(kind)

    def prove(self, index: int, size: int | None = None) -> Inclusion:
        """That an entry is in the log of the first `size` entries, all of them without it.

        Raises ProofError when it is not.
        """
        size = self._first(size)
        if not 0 <= index < size:
            raise ProofError(f"no entry {index} in a log of {size}")
        with self._store.nodes() as node:
            path = merkle.inclusion(index, size, node)
        return Inclusion(index=index, size=size, path=tuple(each.hex() for each in path))

    def consistency(self, first: int, second: int | None = None) -> Consistency:
        """That the log of `second` entries, all without it, begins with that of `first` entries.

        Raises ProofError when there are not as many.
        """
        second = self._first(second)
        if not 0 <= first <= second:
            raise ProofError(f"a log of {second} entries has no first {first}")
        with self._store.nodes() as node:
            path = merkle.consistency(first, second, node)
        return Consistency(first=first, second=second, path=tuple(each.hex() for each in path))

    def chain(self, size: int | None = None) -> tuple[Link, ...]:
        """The changes of keys in the log of the first `size` entries."""
        size = self._first(size)
        changes = [key.since - 1 for key in self.keys.keys if 0 < key.since <= size]
        return tuple(
            Link(attestation=self.entry(index).attestation, inclusion=self.prove(index, size))
            for index in changes
        )

    def check(self) -> int:
        """Check every hash, head and signature; how many entries there are. Raises LogError."""
        self._store.audit()
        for entry in self.entries():
            try:
                self.keys.check_attestation(entry.attestation, entry.index)
            except ProofError as error:
                raise LogError(f"entry {entry.index} of the log: {error.message}") from None
        return len(self)

    @property
    def _writable(self) -> Store:
        if isinstance(self._store, Reader):
            raise KeyringError("the log was opened for reading: what signs is not here")
        return self._store

    def _first(self, size: int | None) -> int:
        """How many entries are asked for, of those that are there now."""
        if size is None or size > self._store.size:
            self._store.refresh()
        if size is None:
            return self._store.size
        if not 0 <= size <= self._store.size:
            raise ProofError(f"no first {size} entries in a log of {self._store.size}")
        return size
