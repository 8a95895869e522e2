"""Files to and from a worker's machine: whole, resumed, checked, or refused; over both ways."""

import os
import random
import re
import shutil
import signal
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scf.cid import cid_of
from scf.contracts.job import FileRef
from scf.errors import RefusedError
from scf.worker.errors import TransportError
from scf.worker.rsync import Login, RsyncTransport
from scf.worker.runner import RunnerError
from scf.worker.s3 import S3Transport
from scf.worker.transport import Transport

from .conftest import Bucket

MANY = random.Random(4).randbytes(24 << 20)
Make = Callable[[], Transport]


def ref(name: str, data: bytes) -> FileRef:
    return FileRef(name=name, cid=cid_of(data), bytes=len(data))


def file(folder: Path, name: str, data: bytes) -> tuple[Path, FileRef]:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name, ref(name, data)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


@pytest.fixture(params=["rsync", "s3"])
def transport(request: pytest.FixtureRequest, there: Path) -> Transport:
    if request.param == "s3":
        on: Bucket = request.getfixturevalue("bucket")
        prefix = re.sub("[^a-z0-9]", "-", there.parent.name.lower())
        return S3Transport(on.name, prefix, credentials=on.credentials, endpoint=on.endpoint)
    there.mkdir()
    return RsyncTransport(request.getfixturevalue("far"), str(there))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (folder := tmp_path / "here").mkdir()
    return folder


def test_files_come_back_as_they_went(transport: Transport, tmp_path: Path, here: Path) -> None:
    sent = [file(tmp_path / "from", name, name.encode() * 1000) for name in ("a.zst", "b.zst")]
    transport.push(sent, "shards")
    transport.push(sent, "shards")
    refs = [each for _, each in sent]
    for _ in range(2):
        transport.pull(refs, "shards", here)
        assert {path.name: path.read_bytes() for path in here.iterdir()} == {
            path.name: path.read_bytes() for path, _ in sent
        }


def test_small_files_are_replaced_and_read(transport: Transport) -> None:
    assert transport.peek("heartbeat.json", "runs/one") is None
    for said in (b"first", b"then", b""):
        transport.put("heartbeat.json", "runs/one", said)
        assert transport.peek("heartbeat.json", "runs/one") == said


def test_no_more_is_read_than_a_small_file_holds(transport: Transport) -> None:
    transport.put("heartbeat.json", "runs/one", bytes((1 << 20) + 1))
    assert transport.peek("heartbeat.json", "runs/one") is None


def test_a_file_that_is_not_there_is_refused_and_the_others_come(
    transport: Transport, tmp_path: Path, here: Path
) -> None:
    good = file(tmp_path / "from", "good", b"good")
    transport.push([good], "run")
    with pytest.raises(RefusedError, match="1 of 2 files were refused: absent is missing"):
        transport.pull([ref("absent", b"x"), good[1]], "run", here)
    assert (here / "good").read_bytes() == b"good"
    assert not (here / "absent").exists()


@pytest.mark.parametrize("wrong", [b"evil", b"longer than it ought to be", b"s"])
def test_a_wrong_file_is_refused_and_nothing_of_it_is_kept(
    wrong: bytes, here: Path, there: Path, far: Login
) -> None:
    (there / "run").mkdir(parents=True)
    (there / "run" / "model").write_bytes(wrong)
    with pytest.raises(RefusedError, match="1 of 1 files were refused"):
        RsyncTransport(far, str(there)).pull([ref("model", b"good")], "run", here)
    assert [path for path in here.rglob("*") if path.is_file()] == []


def test_a_wrong_object_is_refused(bucket: Bucket, here: Path) -> None:
    transport = S3Transport(
        bucket.name, "wrong", credentials=bucket.credentials, endpoint=bucket.endpoint
    )
    wanted = ref("model", b"good")
    transport.put(wanted.cid, "objects", b"evil")
    with pytest.raises(RefusedError, match="1 of 1 files were refused: model is not bafk"):
        transport.pull([wanted], "run", here)
    assert [path for path in here.rglob("*") if path.is_file()] == []


def test_places_in_a_bucket_share_objects_and_nothing_else(
    bucket: Bucket, tmp_path: Path, here: Path
) -> None:
    one, two = (
        S3Transport(
            bucket.name,
            "shared",
            at=f"pods/{name}",
            credentials=bucket.credentials,
            endpoint=bucket.endpoint,
        )
        for name in ("one", "two")
    )
    sent = file(tmp_path / "from", "a.zst", b"a shard")
    one.push([sent], "shards")
    one.put("heartbeat.json", "run", b"{}")
    assert two.peek("heartbeat.json", "run") is None
    assert two.find(sent[1].cid, "b.zst") == sent[1].model_copy(update={"name": "b.zst"})
    assert two.find(cid_of(b"another"), "b.zst") is None
    two.pull([sent[1]], "shards", here)
    assert (here / "a.zst").read_bytes() == b"a shard"


def test_a_link_at_the_other_side_is_not_followed(far: Login, there: Path, here: Path) -> None:
    (there / "run").mkdir(parents=True)
    (there / "run" / "model").symlink_to("/etc/passwd")
    data = Path("/etc/passwd").read_bytes()
    with pytest.raises(RefusedError, match="model is missing"):
        RsyncTransport(far, str(there)).pull([ref("model", data)], "run", here)
    assert RsyncTransport(far, str(there)).peek("model", "run") is None


@pytest.fixture
def slow(tmp_path: Path, far: Login, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An rsync of 8 MiB a second, which says its process's id, and what it sent; the folder of both."""
    del far
    (folder := tmp_path / "bin").mkdir()
    (folder / "rsync").write_text(
        f"#!/bin/sh\necho $$ > {folder}/id\n"
        f"exec {shutil.which('rsync')} --bwlimit=8m --log-file={folder}/log --log-file-format='sent %b' \"$@\"\n"
    )
    (folder / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def sent(slow: Path) -> int:
    return int(re.findall(r"sent (\d+)", (slow / "log").read_text())[-1])


def test_a_push_that_was_cut_off_goes_on_where_it_was(
    far: Login, slow: Path, tmp_path: Path, there: Path
) -> None:
    there.mkdir()
    big, transport = file(tmp_path / "from", "big.zst", MANY), RsyncTransport(far, str(there))
    arrived = there / "shards" / "big.zst"
    cut_off(lambda: transport.push([big], "shards"), arrived, slow)
    before = arrived.stat().st_size
    assert len(MANY) // 4 < before < len(MANY)
    transport.push([big], "shards")
    assert arrived.read_bytes() == MANY
    assert sent(slow) < len(MANY) - before + (2 << 20)


def test_a_pull_that_was_cut_off_goes_on_where_it_was(
    far: Login, slow: Path, there: Path, here: Path
) -> None:
    _, big = file(there, "unused", b"")
    (there / "shards").mkdir()
    _, big = file(there / "shards", "big.zst", MANY)
    transport = RsyncTransport(far, str(there))
    coming = here / "incoming" / "big.zst"
    cut_off(lambda: transport.pull([big], "shards", here), coming, slow)
    before = coming.stat().st_size
    assert not (here / "big.zst").exists()
    transport.pull([big], "shards", here)
    assert (here / "big.zst").read_bytes() == MANY
    assert sent(slow) < len(MANY) - before + (2 << 20)


def cut_off(transfer: Callable[[], None], growing: Path, slow: Path) -> None:
    """Kill rsync when half of the file has come."""
    failed: list[str] = []

    def go() -> None:
        try:
            transfer()
        except TransportError as error:
            failed.append(error.message)

    (thread := threading.Thread(target=go)).start()
    deadline = time.monotonic() + 30
    while not (growing.exists() and growing.stat().st_size > len(MANY) // 2):
        assert time.monotonic() < deadline
        assert thread.is_alive()
        time.sleep(0.01)
    os.kill(int((slow / "id").read_text()), signal.SIGKILL)
    thread.join(30)
    assert len(failed) == 1


def test_a_download_that_was_cut_off_goes_on_where_it_was(
    bucket: Bucket, tmp_path: Path, here: Path
) -> None:
    transport = S3Transport(
        bucket.name, "cut", credentials=bucket.credentials, endpoint=bucket.endpoint
    )
    big = file(tmp_path / "from", "big.zst", MANY)
    transport.push([big], "shards")
    (here / "incoming").mkdir()
    coming = here / "incoming" / "big.zst"
    coming.write_bytes(MANY[: 9 << 20])
    inode = coming.stat().st_ino
    transport.pull([big[1]], "shards", here)
    assert (here / "big.zst").read_bytes() == MANY
    assert (here / "big.zst").stat().st_ino == inode


def test_a_machine_with_another_host_key_is_not_entered(
    far: Login, tmp_path: Path, there: Path
) -> None:
    known = tmp_path / "known"
    known.write_text(f"scf-far {far.key.with_suffix('.pub').read_text()}")
    for listed in (known, Path("/dev/null")):
        login = Login(far.host, far.port, far.user, far.key, listed, far.alias)
        with pytest.raises(TransportError, match="Host key verification failed"):
            RsyncTransport(login, str(there)).put("a", "b", b"")
    assert not there.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"host": "-oProxyCommand=touch /tmp/x"},
        {"host": "a b"},
        {"host": ""},
        {"user": "-l"},
        {"user": "a@b"},
        {"port": 0},
        {"key": Path("/tmp/a b")},
        {"known_hosts": Path("relative")},
        {"alias": "-x"},
    ],
    ids=str,
)
def test_no_word_becomes_an_option(change: dict[str, str]) -> None:
    sound = {
        "host": "far",
        "port": 22,
        "user": "scf",
        "key": Path("/key"),
        "known_hosts": Path("/known"),
    }
    RsyncTransport(Login(**sound), "/srv")
    with pytest.raises(TransportError):
        RsyncTransport(Login(**{**sound, **change}), "/srv")


@pytest.mark.parametrize("name", ["../up", "-e", ".hidden", "a/../b", "", "/etc", "a b", "a\n"])
def test_a_place_is_never_a_way_out(name: str) -> None:
    login = Login("far", 22, "scf", Path("/key"), Path("/known"))
    with pytest.raises(TransportError, match="no place for files"):
        RsyncTransport(login, "/srv").peek(name, "run")
    with pytest.raises(TransportError, match="no place for files"):
        RsyncTransport(login, "/srv").push([(Path("a"), ref("a", b""))], name)


def test_keys_that_others_may_read_are_not_used(bucket: Bucket, tmp_path: Path) -> None:
    copy = tmp_path / "credentials"
    shutil.copy(bucket.credentials, copy)
    copy.chmod(0o640)
    with pytest.raises(RunnerError, match="others may read it"):
        S3Transport("fossils", "one", credentials=copy)
    copy.write_text("[default]\nkey = secret-of-s3\n")
    copy.chmod(stat.S_IRUSR)
    with pytest.raises(TransportError, match="expected") as caught:
        S3Transport("fossils", "one", credentials=copy)
    assert "secret-of-s3" not in str(caught.value)


def test_an_object_that_goes_while_it_is_fetched_is_no_trouble_of_the_drive(
    bucket: Bucket, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = S3Transport(
        bucket.name, "gone", credentials=bucket.credentials, endpoint=bucket.endpoint
    )
    monkeypatch.setattr(transport, "_size", lambda _: 4)
    for fetch in (
        lambda: transport.peek("result.json", "run"),
        lambda: transport.pull([ref("model", b"good")], "run", here),
    ):
        with pytest.raises(TransportError, match="S3: "):
            fetch()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a script in the place of a program."""
    (folder := tmp_path / "bin").mkdir()
    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


HOSTILE = Login("far", 22, "scf", Path("/key"), Path("/known"))


def test_who_complains_without_end_is_not_heard_to_the_end(
    program: Callable[[str, str], None], tmp_path: Path
) -> None:
    program("ssh", "exec cat /dev/zero >&2")
    far, began = RsyncTransport(HOSTILE, "/srv"), time.monotonic()
    with pytest.raises(TransportError) as caught:
        far.peek("heartbeat.json", "run")
    assert time.monotonic() - began < 10
    assert len(caught.value.message) < 5000
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("size", [4, 5 << 20])
def test_no_more_is_written_than_was_said_whatever_rsync_is_made_to_write(
    program: Callable[[str, str], None], here: Path, size: int
) -> None:
    """A sender may send more than the size that it listed, which is all that rsync looks at."""
    program("rsync", 'for last; do :; done; exec cat /dev/zero >"$last"')
    with pytest.raises(TransportError):
        RsyncTransport(HOSTILE, "/srv").pull([ref("model", bytes(size))], "run", here)
    assert (here / "incoming" / "model").stat().st_size == max(size, 1 << 20)
