"""Files by a bucket of S3, or of what speaks like it: objects are named by their CID."""

from collections.abc import Callable, Iterator, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from contextlib import contextmanager
from errno import ENOENT
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol

from scf.contracts.job import FileRef
from scf.worker.errors import TransportError
from scf.worker.secret import read_secret
from scf.worker.transport import SMALL, place, receive

_BLOCK = 8 << 20
"""The size of a part of an upload, and of a read, in bytes."""


class _Info(Protocol):
    is_file: bool
    size: int


class _Files(Protocol):
    """What is used of pyarrow.fs.S3FileSystem."""

    def get_file_info(self, paths: str) -> _Info: ...

    def open_input_stream(self, path: str) -> BinaryIO: ...

    def open_input_file(self, path: str) -> BinaryIO: ...

    def open_output_stream(self, path: str) -> BinaryIO: ...


class S3Transport:
    """Files below `prefix` in a bucket: objects that all share, and small files below `at` there.

    `credentials` is a file as AWS's tools read it (`[default]`, `aws_access_key_id`,
    `aws_secret_access_key`), for its owner's eyes only; `endpoint` is the URL of another server than
    AWS's. Raises RunnerError, TransportError.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str,
        *,
        at: str = "",
        credentials: Path,
        endpoint: str | None = None,
        region: str = "us-east-1",
    ) -> None:
        try:
            make: Callable[..., _Files] = import_module("pyarrow.fs").S3FileSystem
        except ImportError as error:
            raise TransportError(
                "S3 needs pyarrow", hint="install the extra: pip install 'sovereign[parquet]'"
            ) from error
        access, secret = keys(credentials)
        scheme, _, host = (endpoint or "").rpartition("://")
        self._root = f"{place(bucket)}/{place(prefix)}"
        self._at = f"{self._root}/{place(at)}" if at else self._root
        self._files = make(
            access_key=access,
            secret_key=secret,
            region=region,
            scheme=scheme or "https",
            endpoint_override=host or None,
            connect_timeout=20.0,
            request_timeout=60.0,
        )

    def push(self, files: Sequence[tuple[Path, FileRef]], to: str) -> None:
        """Bring files there, as objects that every place shares. Raises TransportError."""
        place(to)
        for path, file in files:
            with _told():
                if self._size(key := f"{self._root}/objects/{file.cid}") == file.bytes:
                    continue
                with path.open("rb") as source, self._files.open_output_stream(key) as sink:
                    while block := source.read(_BLOCK):
                        sink.write(block)

    def find(self, cid: str, name: str) -> FileRef | None:
        """The object with this CID, as a file of this name, None when there is none. Raises TransportError."""
        with _told():
            size = self._size(f"{self._root}/objects/{place(cid)}")
        return None if size is None else FileRef(name=name, cid=cid, bytes=size)

    def put(self, name: str, to: str, data: bytes) -> None:
        """Replace a small file there. Raises TransportError."""
        with _told(), self._files.open_output_stream(self._key(name, to)) as sink:
            sink.write(data)

    def pull(self, files: Sequence[FileRef], at: str, into: Path) -> None:
        """Bring files here. Raises RefusedError, TransportError, OSError."""
        place(at)
        receive(files, into, self._bring)

    def peek(self, name: str, at: str) -> bytes | None:
        """A small file there, None when there is none. Raises TransportError."""
        key = self._key(name, at)
        with _told():
            size = self._size(key)
            if size is None or size > SMALL:
                return None
            with self._files.open_input_stream(key) as source:
                return source.read(SMALL)

    def _bring(self, file: FileRef, coming: Path) -> None:
        key = f"{self._root}/objects/{file.cid}"
        with _told():
            if self._size(key) != file.bytes:  # absent, or not what it is called
                return
            with self._files.open_input_file(key) as source, coming.open("ab") as sink:
                source.seek(min(sink.tell(), file.bytes))
                while block := source.read(min(_BLOCK, file.bytes - source.tell())):
                    sink.write(block)

    def _key(self, name: str, at: str) -> str:
        return f"{self._at}/{place(at)}/{place(name)}"

    def _size(self, key: str) -> int | None:
        info = self._files.get_file_info(key)
        return info.size if info.is_file else None


@contextmanager
def _told() -> Iterator[None]:
    """pyarrow's errors are OSErrors without a number, or with that of a missing file, and no file's name."""
    try:
        yield
    except OSError as error:
        if error.errno not in (None, ENOENT) or error.filename is not None:
            raise
        raise TransportError(f"S3: {str(error).splitlines()[0]}") from error


def keys(credentials: Path) -> tuple[str, str]:
    """The key's id and the secret in a file. Raises RunnerError, TransportError, never with the secret."""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(read_secret(credentials))
        found = parser["default"]
        return found["aws_access_key_id"], found["aws_secret_access_key"]
    except (ConfigError, KeyError):  # whose messages would hold what the file holds
        raise TransportError(
            f"{credentials}: expected [default] with aws_access_key_id and aws_secret_access_key"
        ) from None
