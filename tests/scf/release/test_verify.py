"""Verification: one flipped bit anywhere is refused and named, and so is what else could be smuggled in."""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scf.release_world import TIME, WEEKS, World, contents

from scf.attest.public import Keys, PublicKey
from scf.cid import cid_of
from scf.clock import VARIABLE
from scf.contracts.job import FileRef
from scf.errors import RefusedError
from scf.release.archive import Archive
from scf.release.documents import FILES, MODEL, PROOF, RELEASE, Release
from scf.release.staging import Proof, statement_of
from scf.release.verify import Report, verify_release

NAME = "week-2026-11-02"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(TIME))
        world = World.make(tmp_path_factory.mktemp("verify") / "world")
        world.train(1)
        world.release(WEEKS[0])
    return world


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """A copy that may be changed, as somebody who downloaded it has."""
    copy = tmp_path / NAME
    shutil.copytree(world.history / NAME, copy)
    for path in (copy, *copy.iterdir()):
        path.chmod(0o755)
    return copy


def verified(world: World, folder: Path) -> Report:
    return verify_release(folder, world.log.keyring.keys)


def refusal(world: World, folder: Path) -> str:
    with pytest.raises(RefusedError) as caught:
        verified(world, folder)
    return caught.value.message


def test_the_first_public_key_is_enough(world: World, folder: Path) -> None:
    public = world.log.keyring.keys.keys[0].public
    report = verify_release(folder, Keys.only(public))
    assert report.release.version.version == 1
    assert report.files == 2 + len(FILES) + 10


def test_another_key_is_not(folder: Path) -> None:
    with pytest.raises(RefusedError, match="unknown key"):
        verify_release(folder, Keys(keys=(PublicKey.of("11" * 32),)))


@pytest.mark.parametrize("name", [RELEASE, PROOF, *FILES])
def test_one_flipped_bit_is_refused(world: World, folder: Path, name: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    stride = max(1, len(whole) // 400)
    for count, offset in enumerate(range(0, len(whole), stride)):
        torn = bytearray(whole)
        torn[offset] ^= 1 << count % 8
        path.write_bytes(torn)
        assert name in refusal(world, folder), offset
    path.write_bytes(whole)
    verified(world, folder)


def test_a_flip_is_named_after_its_file(world: World, folder: Path) -> None:
    for name in FILES:
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert name in refusal(world, folder)
        path.write_bytes(whole)


@pytest.mark.parametrize("name", [RELEASE, PROOF, *FILES])
def test_a_file_cut_short_longer_or_empty_is_refused(world: World, folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for other in (b"", whole[:-1], whole + b"\0", whole + whole):
        (folder / name).write_bytes(other)
        refusal(world, folder)


@pytest.mark.parametrize("name", [RELEASE, PROOF, *FILES])
def test_a_missing_file_is_named(world: World, folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(world, folder) == f"{name} is missing"


@pytest.mark.parametrize("name", ["extra.txt", ".hidden", "model.tar.bak"])
def test_an_extra_file_is_named(world: World, folder: Path, name: str) -> None:
    (folder / name).touch()
    assert name in refusal(world, folder)


@pytest.mark.parametrize("name", [RELEASE, PROOF, *FILES])
def test_a_link_is_no_file(world: World, folder: Path, name: str) -> None:
    elsewhere = folder.with_name("elsewhere")
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    assert refusal(world, folder) == f"{name} is no plain file"


def test_a_pipe_does_not_hang_it(world: World, folder: Path) -> None:
    (folder / PROOF).unlink()
    os.mkfifo(folder / PROOF)
    assert refusal(world, folder) == f"{PROOF} is no plain file"


def test_a_link_to_a_release_is_no_release(world: World, folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)
    assert "is no folder" in refusal(world, link)


def test_another_weeks_name_is_refused(world: World, folder: Path) -> None:
    moved = folder.rename(folder.with_name("week-2026-11-16"))
    assert "another week" in refusal(world, moved)
    verified(world, moved.rename(folder.with_name("anything")))


# What the holder of the key could do: sign an archive that was made by hand.


def sign(world: World, folder: Path, release: Release) -> None:
    entry = world.log.append(statement_of(release, TIME))
    (folder / RELEASE).write_bytes(release.canonical())
    (folder / PROOF).write_bytes(Proof.of(world.log, entry.index).canonical())


def forge(world: World, folder: Path, archive: bytes) -> None:
    release = Release.read(folder / RELEASE)
    (folder / MODEL).write_bytes(archive)
    ref = FileRef(name=MODEL, cid=cid_of(archive), bytes=len(archive))
    sign(world, folder, release.model_copy(update={"files": (ref, *release.files[1:])}))


def header(archive: bytes, **fields: object) -> bytes:
    """The archive with the first header changed."""
    info = tarfile.TarInfo.frombuf(archive[:512], "utf-8", "strict")
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.USTAR_FORMAT)[-512:] + archive[512:]


SWAPS: dict[str, Callable[[bytes], bytes]] = {
    "a path that leads out": lambda whole: header(whole, name="../../etc/card.md"),
    "an absolute path": lambda whole: header(whole, name="/etc/card.md"),
    "another name": lambda whole: header(whole, name=f"{NAME}/cart.md"),
    "a hard link": lambda whole: header(whole, type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "a symbolic link": lambda whole: header(whole, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a device": lambda whole: header(whole, type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    "a pipe": lambda whole: header(whole, type=tarfile.FIFOTYPE),
    "a folder": lambda whole: header(whole, type=tarfile.DIRTYPE),
    "a sparse file": lambda whole: header(whole, type=tarfile.GNUTYPE_SPARSE),
    "a set-user-id bit": lambda whole: header(whole, mode=0o4755),
    "an owner": lambda whole: header(whole, uname="root"),
    "another time": lambda whole: header(whole, mtime=0),
    "a size that is not the file's": lambda whole: header(whole, size=1 << 32),
    "bytes behind a file": lambda whole: whole[: -1024 - 1] + b"?" + bytes(1024),
    "bytes behind the end": lambda whole: whole[:-1] + b"?",
    "noise": lambda whole: os.urandom(len(whole)),
}


@pytest.mark.parametrize("name", SWAPS)
def test_an_archive_that_was_signed_but_is_none_is_refused(
    world: World, folder: Path, name: str
) -> None:
    whole = (folder / MODEL).read_bytes()
    forged = SWAPS[name](whole)
    assert len(forged) == len(whole)
    assert forged != whole
    forge(world, folder, forged)
    before = contents(folder.parent)
    assert MODEL in refusal(world, folder)
    assert contents(folder.parent) == before  # nothing was extracted


def test_the_kind_of_a_hostile_member_is_told(world: World, folder: Path) -> None:
    whole = (folder / MODEL).read_bytes()
    forge(world, folder, SWAPS["a hard link"](whole))
    assert "expected the file card.md, found a hard link" in refusal(world, folder)
    forge(world, folder, SWAPS["a path that leads out"](whole))
    assert "found '../../etc/card.md'" in refusal(world, folder)


def test_an_archive_of_another_size_is_refused_before_it_is_read(
    world: World, folder: Path
) -> None:
    whole = (folder / MODEL).read_bytes()
    for other in (whole + bytes(10_240), whole[:-512], b""):
        forge(world, folder, other)
        assert f"{MODEL} has {len(other)} bytes" in refusal(world, folder)


def test_a_bomb_is_refused_by_what_it_declares(world: World, folder: Path) -> None:
    release = Release.read(folder / RELEASE)
    huge = release.contents[0].model_copy(update={"bytes": 1 << 50})
    sign(world, folder, release.model_copy(update={"contents": (huge, *release.contents[1:])}))
    assert f"{MODEL} has" in refusal(world, folder)


@pytest.mark.parametrize("name", ["../card.md", "/etc/passwd", "a/b", "", ".", ".hidden", "a\0b"])
def test_a_name_in_a_release_is_never_a_path(world: World, folder: Path, name: str) -> None:
    release = Release.read(folder / RELEASE)
    bad = FileRef.model_construct(**{**release.contents[0].model_dump(), "name": name})
    sign(world, folder, release.model_copy(update={"contents": (bad, *release.contents[1:])}))
    assert RELEASE in refusal(world, folder)


def test_an_archive_of_another_version_is_refused(world: World, folder: Path) -> None:
    release = Release.read(folder / RELEASE)
    for field in ("checkpoint", "job", "dataset", "result"):
        other = release.version.model_copy(update={field: cid_of(b"other")})
        sign(world, folder, release.model_copy(update={"version": other}))
        assert MODEL in refusal(world, folder)


def repack(world: World, folder: Path, **changed: bytes | None) -> None:
    """Sign a release whose archive is sound, but holds other files than it did."""
    release = Release.read(folder / RELEASE)
    files = {
        ref.name: b"".join(release.archive.read(folder / MODEL, ref.name))
        for ref in release.contents
    }
    files |= {name.replace("_", "."): data for name, data in changed.items() if data is not None}
    for name, data in changed.items():
        if data is None:
            del files[name.replace("_", ".")]
    refs = {
        name: FileRef(name=name, cid=cid_of(data), bytes=len(data))
        for name, data in sorted(files.items())
    }
    other = release.model_copy(update={"contents": tuple(refs.values())})
    out = io.BytesIO()
    cid = other.archive.write(out, dict(files))
    (folder / MODEL).write_bytes(out.getvalue())
    named = [FileRef(name=MODEL, cid=cid, bytes=other.archive.size)]
    for name in FILES[1:]:
        (folder / name).write_bytes(files[name])
        named.append(refs[name])
    sign(world, folder, other.model_copy(update={"files": tuple(named)}))


def test_what_is_repacked_unchanged_is_sound(world: World, folder: Path) -> None:
    repack(world, folder)
    verified(world, folder)


def test_a_card_with_a_typed_in_figure_is_refused(world: World, folder: Path) -> None:
    card = (folder / "card.md").read_bytes()
    typed = card.replace(b'"loss": 1.0', b'"loss": 0.1', 1)
    assert typed != card
    repack(world, folder, card_md=typed)
    assert refusal(world, folder) == "card.md does not say what the run recorded"
    for broken in (b"", b"---\n", b"\xff", card.replace(b"---\n", b"")):
        repack(world, folder, card_md=broken)
        assert MODEL in refusal(world, folder)


def test_the_lineage_of_another_version_is_refused(world: World, folder: Path) -> None:
    release = Release.read(folder / RELEASE)
    lineage = b"".join(release.archive.read(folder / MODEL, "lineage.json"))
    job = release.version.job.encode()
    repack(world, folder, lineage_json=lineage.replace(job, cid_of(b"other").encode()))
    assert "lineage.json is that of another version" in refusal(world, folder)
    repack(world, folder, lineage_json=b"{}")
    assert "lineage.json" in refusal(world, folder)


@pytest.mark.parametrize(
    "name", ["job_json", "dataset_json", "result_json", "version_json", "lineage_json", "empty_txt"]
)
def test_an_archive_that_lacks_a_record_is_refused(world: World, folder: Path, name: str) -> None:
    repack(world, folder, **{name: None})
    assert name.replace("_", ".") in refusal(world, folder)


def test_an_attestation_from_before_the_week_is_refused(world: World, folder: Path) -> None:
    release = Release.read(folder / RELEASE)
    changed = release.choice.model_copy(update={"reason": "another"})
    release = release.model_copy(update={"choice": changed})
    entry = world.log.append(statement_of(release, 1_000_000_000))
    (folder / RELEASE).write_bytes(release.canonical())
    (folder / PROOF).write_bytes(Proof.of(world.log, entry.index).canonical())
    assert "before the week of 2026-11-02 began" in refusal(world, folder)


def test_other_tools_read_the_archive(folder: Path) -> None:
    listed = subprocess.run(
        ["tar", "--list", "--verbose", "--numeric-owner", "--utc", "--file", folder / MODEL],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stderr == ""
    lines = listed.stdout.splitlines()
    names = [line.rpartition("/")[2] for line in lines]
    assert names == sorted(names)
    assert "checkpoint.safetensors" in names
    assert all(line.startswith("-r--r--r-- 0/0") for line in lines)
    assert all("2026-11-02 00:00" in line for line in lines)
    with tarfile.open(folder / MODEL) as archive:
        for info in archive:
            file = archive.extractfile(info)
            assert file is not None
            ref = next(
                r for r in Release.read(folder / RELEASE).contents if info.name.endswith(r.name)
            )
            assert cid_of(file.read()) == ref.cid


FILES_OF_ANY_KIND = st.dictionaries(
    st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,126}\Z"), st.binary(max_size=2000), max_size=5
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=FILES_OF_ANY_KIND)
def test_any_archive_is_read_back(tmp_path: Path, files: dict[str, bytes]) -> None:
    refs = tuple(
        FileRef(name=name, cid=cid_of(data), bytes=len(data))
        for name, data in sorted(files.items())
    )
    archive = Archive("folder", refs, 1_000_000_000)
    out = io.BytesIO()
    assert archive.write(out, dict(files)) == cid_of(out.getvalue())
    assert len(out.getvalue()) == archive.size
    path = tmp_path / "any.tar"
    path.write_bytes(out.getvalue())
    archive.check(path)
    for name, data in files.items():
        assert b"".join(archive.read(path, name)) == data
    with tarfile.open(path) as opened:
        assert opened.getnames() == [f"folder/{name}" for name in sorted(files)]


def test_a_file_over_8_gib_has_a_header_that_tar_reads(tmp_path: Path) -> None:
    size = 9 << 30
    archive = Archive("folder", (FileRef(name="big", cid=cid_of(b""), bytes=size),), 0)
    path = tmp_path / "big.tar"
    with path.open("wb") as file:
        file.write(archive.headers[0])
        file.truncate(archive.size)
    with tarfile.open(path) as opened:
        assert [(info.name, info.size) for info in opened] == [("folder/big", size)]
