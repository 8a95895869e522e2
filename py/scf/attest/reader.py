"""A log as anybody may read it: with public keys alone, and without writing anything anywhere.

All of it is hashed, and compared with its last signed head; hashes and places stay in memory, some 80
bytes to an entry. No turn is taken: a writer only adds lines, and one that is not whole yet does not
count yet.
"""

import os
from array import array
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from scf.attest import merkle
from scf.attest.errors import LogError, ProofError
from scf.attest.lines import LOG, OLDER, leaf_of, line_at, lines, record_of, whole
from scf.attest.opened import open_regular
from scf.attest.public import Keys, successor
from scf.attest.statement import KEY, Record, TreeHead
from scf.drive import Drive, Partition, guarded

_WIDTH = 32


class Reader:
    """The lines of a log and their hashes.

    `keys` are the log's as far as they are known; the first is enough. `kept` is the last head that is
    known: without one, nobody can tell here whether entries are missing at the end.
    """

    dropped = 0

    def __init__(self, drive: Drive, keys: Keys, kept: TreeHead | None = None) -> None:
        self.drive = drive
        self.keys = keys
        self.size = 0
        self.root = merkle.EMPTY
        self._kept = kept
        self._path = drive.root / Partition.ATTESTATIONS / LOG
        self._length = -1
        self._starts = array("Q")
        self._hashes = bytearray()

    def refresh(self) -> None:
        """Learn what was written since. Raises as `audit`."""
        with guarded(self.drive.root):
            length = self._path.stat().st_size if self._path.exists() else 0
        if length != self._length:
            self.audit()

    def audit(self) -> None:
        """Read all of it. Raises LogError when it is not what was signed, DriveError."""
        starts, hashes, edge = array("Q"), bytearray(), merkle.Edge.empty()
        keys, line, length = self.keys, b"", 0
        with self._opened() as file:
            if file is not None:
                length = os.fstat(file).st_size
                for start, line in lines(file, 0, whole(file, length)):
                    starts.append(start)
                    hashes += b"".join(edge.push(leaf_of(line)))
                    if b'"kind":"key"' in line:
                        keys = _followed(keys, record_of(line), edge.size)
        if line:
            head = record_of(line).head
            _believe(keys, head)
            if (head.size, head.root) != (edge.size, edge.root().hex()):
                raise LogError(f"the log's {edge.size} entries are not those that were signed")
        self._compare(edge.size, _node(hashes), keys)
        self.keys, self.size, self.root = keys, edge.size, edge.root()
        self._length, self._starts, self._hashes = length, starts, hashes

    def nodes(self) -> AbstractContextManager[merkle.Node]:
        """The hashes of complete subtrees."""
        return nullcontext(_node(self._hashes))

    def record(self, number: int) -> Record:
        """The line of an entry. Raises LogError, DriveError."""
        with self._opened() as file:
            if file is None:
                raise LogError("the log is gone")
            return record_of(line_at(file, self._starts[number]))

    def believe(self, head: TreeHead) -> None:
        """Raise LogError unless a key of the log signed the head."""
        _believe(self.keys, head)

    def about(self, cid: str) -> tuple[int, ...]:
        """The entries about these bytes, oldest first. Raises LogError, DriveError."""
        return tuple(
            number
            for number, record in self._holding(cid)
            if any(each.cid == cid for each in record.attestation.statement.subjects)
        )

    def of(self, kind: str) -> tuple[int, ...]:
        """The entries of this kind, oldest first. Raises LogError, DriveError."""
        return tuple(
            number
            for number, record in self._holding(f'"kind":"{kind}"')
            if record.attestation.statement.kind == kind
        )

    def signed(self, size: int, root: bytes, key: str) -> TreeHead:
        """The head of a log without entries: without a signature, which no verifier accepts."""
        return TreeHead(size=size, root=root.hex(), at=0, key=key, signature="0" * 128)

    def _holding(self, text: str) -> Iterator[tuple[int, Record]]:
        """The entries whose line has this text in it; no other is parsed."""
        with self._opened() as file:
            if file is not None and self.size:
                end = self._starts[-1] + len(line_at(file, self._starts[-1])) + 1
                for number, (_, line) in enumerate(lines(file, 0, end)):
                    if text.encode() in line:
                        yield number, record_of(line)

    @contextmanager
    def _opened(self) -> Iterator[int | None]:
        """The file, None when nothing was ever logged."""
        with guarded(self.drive.root):
            try:
                file = open_regular(self._path, os.O_RDONLY)
            except FileNotFoundError:
                self.drive.check()
                file = None
            try:
                yield file
            finally:
                if file is not None:
                    os.close(file)

    def _compare(self, size: int, node: merkle.Node, keys: Keys) -> None:
        """Raise LogError unless this is the log that was read before, signed before, or more of it."""
        before = [(self.size, self.root)]
        if self._kept is not None:
            before.append((self._kept.size, bytes.fromhex(self._kept.root)))
        signed = max(keys.last.since, *(known for known, _ in before))
        if size < signed:
            raise LogError(f"the log has {size} entries, and {signed} were signed: {OLDER}")
        for known, root in before:
            if merkle.Edge(known, node).root() != root:
                raise LogError(
                    f"the log does not begin with the {known} entries that were signed: another was "
                    "put in its place"
                )


def _node(hashes: bytearray) -> merkle.Node:
    def node(level: int, index: int) -> bytes:
        start = _WIDTH * merkle.position(level, index)
        return bytes(hashes[start : start + _WIDTH])

    return node


def _believe(keys: Keys, head: TreeHead) -> None:
    try:
        keys.check_head(head)
    except ProofError as error:
        raise LogError(f"the log: {error.message}", hint=error.hint) from None


def _followed(keys: Keys, record: Record, size: int) -> Keys:
    """The keys after the last line of a log of `size` entries. Raises LogError."""
    attestation = record.attestation
    if attestation.statement.kind != KEY:
        return keys
    try:
        new = successor(attestation)
        keys.check_attestation(attestation, size - 1)
        known = keys.get(new.key)
        if new.since != size or (known is not None and known.since != size):
            raise ProofError(f"the key {new.key} is in use from elsewhere")
        return keys if known is not None else keys.extended(new)
    except ProofError as error:
        raise LogError(f"entry {size - 1} of the log: {error.message}", hint=error.hint) from None
