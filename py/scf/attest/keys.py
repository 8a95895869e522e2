"""A folder of keys: `keys.json` with the public ones, and a private one to a file that only its owner reads.

Beside them is `head.json`, the last head that was signed: the log is on another disk, and an older one
in its place is told by it. It is written after the log's line, so it is never the newer of the two.

A private key whose public one `keys.json` does not list yet is the next to be put to use: what makes
or changes keys can thus be ended at any moment and asked for again.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emily.files import replacing, sync_folder
from scf.attest.errors import KeyringError, LockedError
from scf.attest.public import Keys, PublicKey, key_id
from scf.attest.statement import TreeHead, encoded
from scf.errors import ContractError
from scf.turns import turn

KEY_FILE = "SCF_KEY_FILE"
"""The variable that names a file with a private key, beside those in the folder."""

CREDENTIAL = "scf-key"
"""The systemd credential that holds a private key (LoadCredential=scf-key:…)."""

PUBLIC = "keys.json"
LAST_HEAD = "head.json"
_MAX_KEY = 4096

PATIENCE_S = 30.0
"""How long to wait while another process writes to the folder, or to the log."""


class Keyring:
    """The keys of one log. A keyring is for one log only: two would be two views of it."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.folder = folder
        self.keys = keys

    @classmethod
    def make(cls, folder: Path) -> "Keyring":
        """The keys in `folder`, which is made, with a first key, unless it is there.

        The folder above must be there. Raises KeyringError.
        """
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)
            with _turn(folder):
                if not (folder / PUBLIC).exists():
                    first = PublicKey.of(_fresh(folder, known=frozenset()))
                    _write(folder / PUBLIC, Keys(keys=(first,)).canonical(), mode=0o644)
        except OSError as error:
            raise _os_error(folder, error) from error
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> "Keyring":
        """The keys in `folder`. Raises KeyringError."""
        try:
            keys = Keys.read(folder / PUBLIC)
        except FileNotFoundError:
            raise KeyringError(
                f"{folder} holds no {PUBLIC}", hint="make a home with keys: scf init"
            ) from None
        except OSError as error:
            raise _os_error(folder, error) from error
        except ContractError as error:
            raise KeyringError(f"{folder}: {error.message}") from None
        for path in folder.glob("*.key"):  # also of keys that are not used here: say it early
            _private(path)
        return cls(folder, keys)

    def sign(self, payload_type: str, body: bytes, *, key: str | None = None) -> str:
        """The signature, in hexadecimal, of a body of this type by the key in use, or by another.

        Raises KeyringError when its private key is not here.
        """
        wanted = self.keys.last.key if key is None else key
        for public, private in _found(self.folder):
            if key_id(public) == wanted:
                return private.sign(encoded(payload_type, body)).hex()
        raise KeyringError(
            f"the private key of {wanted} is not in {self.folder}",
            hint=f"put it there, or name its file in {KEY_FILE}",
        )

    def reload(self) -> None:
        """Read the public keys again: another process may have changed them. Raises KeyringError."""
        self.keys = Keyring.open(self.folder).keys

    def next(self, since: int) -> PublicKey:
        """A key that can follow the one in use, made unless there is an unused one.

        Raises KeyringError.
        """
        try:
            known = frozenset(each.key for each in self.keys.keys)
            with _turn(self.folder):
                return PublicKey.of(_fresh(self.folder, known=known), since=since)
        except OSError as error:
            raise _os_error(self.folder, error) from error

    def follow(self, key: PublicKey) -> None:
        """Put a key to use, as the log says already. Raises KeyringError."""
        keys = self.keys.extended(key)
        try:
            with _turn(self.folder):
                _write(self.folder / PUBLIC, keys.canonical(), mode=0o644)
        except OSError as error:
            raise _os_error(self.folder, error) from error
        self.keys = keys

    def last_head(self) -> TreeHead | None:
        """The last head that was kept, None when none was. Raises KeyringError."""
        try:
            return TreeHead.read(self.folder / LAST_HEAD)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _os_error(self.folder, error) from error
        except ContractError as error:
            raise KeyringError(f"{self.folder}: {error.message}") from None

    def keep_head(self, head: TreeHead) -> None:
        """Keep a head that is on the drive. Raises KeyringError, LockedError."""
        try:
            with _turn(self.folder):
                _write(self.folder / LAST_HEAD, head.canonical(), mode=0o644)
        except OSError as error:
            raise _os_error(self.folder, error) from error


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Be the only one that writes to the folder. Raises LockedError, OSError."""
    busy = LockedError(f"another process has held {folder} for {PATIENCE_S:g} s")
    with turn(folder, busy, patience_s=PATIENCE_S):
        sweep(folder)  # nobody else writes there now
        yield


def _fresh(folder: Path, *, known: frozenset[str]) -> str:
    """The public half of a private key that is in no use: one that is there, or a new one."""
    unused = sorted({public for public, _ in _found(folder) if key_id(public) not in known})
    if len(unused) > 1:
        raise KeyringError(
            f"{folder} holds {len(unused)} private keys that are not in use",
            hint="leave the one there that is to be used next",
        )
    if unused:
        return unused[0]
    private = Ed25519PrivateKey.generate()
    public = _public(private)
    text = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(folder / f"{key_id(public)}.key", text, mode=0o600)
    return public


def sweep(folder: Path) -> None:
    """Remove what `emily.files.replacing` left when it was ended. Raises OSError."""
    for path in folder.glob(".emily-*.part"):
        path.unlink(missing_ok=True)


def _found(folder: Path) -> Iterator[tuple[str, Ed25519PrivateKey]]:
    """The private keys at hand with their public halves."""
    if named := os.environ.get(KEY_FILE):
        private = _private(Path(named))
        yield _public(private), private
    if credentials := os.environ.get("CREDENTIALS_DIRECTORY"):
        path = Path(credentials) / CREDENTIAL
        if path.exists():
            # systemd shows its access list for the service's user as the group's permission
            private = _private(path, others=0o007)
            yield _public(private), private
    for path in sorted(folder.glob("*.key")):
        private = _private(path)
        yield _public(private), private


def _private(path: Path, *, others: int = 0o077) -> Ed25519PrivateKey:
    """The key in a PEM file. Raises KeyringError, which never tells what is in the file."""
    try:
        # not a pipe, which would never end
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            text = file.read(_MAX_KEY) if stat.S_ISREG(found.st_mode) else b""
    except OSError as error:
        raise _os_error(path, error) from error
    if found.st_mode & others:
        raise KeyringError(
            f"{path} may be read by others (mode {stat.S_IMODE(found.st_mode):04o})",
            hint=f"chmod 600 {path}, and change the key if others had access",
        )
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyringError(f"{path} is no Ed25519 private key in PEM (PKCS #8), unencrypted")
    return key


def _public(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes_raw().hex()


def _write(path: Path, data: bytes, *, mode: int) -> None:
    with replacing(path, mode=mode) as file:
        file.write(data)


def _os_error(path: Path, error: OSError) -> KeyringError:
    return KeyringError(f"{error.filename or path}: {error.strerror}")
