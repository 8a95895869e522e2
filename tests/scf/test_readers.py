"""Who may not look into the folder of keys reads all the same; what cannot be told then is said."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scf.cli import run
from scf.settings import Home
from scf_world import FakeRunner, daemon, home, ingest

NOBODY = 65_534
VERBS = {
    "status": 3,
    "lineage": 0,
    "log": 0,
    "log --head": 0,
    "log --proof 0": 0,
    "ledger": 0,
    "keys": 0,
}
"""Those that only read, and their exit codes while no daemon runs."""
_CHILD = """
import json, os, sys
from scf.cli import run
if sys.argv[1] != "0":  # all that is imported is imported before the rights are given away
    for words in json.loads(sys.argv[2]):
        run(words.split())
    print("---", flush=True)
    print("---", file=sys.stderr, flush=True)
    os.setgroups([])
    os.setegid(int(sys.argv[1]))
    os.seteuid(int(sys.argv[1]))
sys.exit(json.dumps([run(words.split()) for words in json.loads(sys.argv[2])]))
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with a version that is released, where everybody may go."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794000000")
    with TemporaryDirectory(prefix="scf-readers-") as folder:
        Path(folder).chmod(0o755)
        made = home(Path(folder))
        ingest(made, range(10))
        runner = FakeRunner(daemon(made)[1].drive)
        turning, parts = daemon(made, runner)
        turning.cycle()
        turning.cycle()
        runner.done({"dsm": 0.5})
        turning.cycle()
        turning.journal.close()
        parts.vault.close()
        yield made


def read(place: Home, *verbs: str, without_rights: bool = False) -> tuple[list[int], str, str]:
    """Exit codes, answers and talk of verbs, by a user who may not look into the folder of keys."""
    user = 0
    if without_rights and os.geteuid() == 0:  # root may look everywhere
        user = NOBODY
        for path in (place.folder.parent, *place.folder.parent.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        for path in (place.keys, *place.keys.iterdir()):
            os.chown(path, 0, 0)
    if without_rights:
        place.keys.chmod(0o700 if user else 0)
    try:
        child = subprocess.run(
            (sys.executable, "-P", "-c", _CHILD, str(user), json.dumps(verbs)),
            env={**os.environ, "SCF_HOME": str(place.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        if place.keys.exists():
            place.keys.chmod(0o700)
    out, err = (each.split("---\n")[-1] for each in (child.stdout, child.stderr))
    *talk, codes = err.splitlines()
    return json.loads(codes), out, "\n".join(talk)


@pytest.mark.parametrize("kept_from", ["by its mode", "by its absence"])
def test_all_that_only_read_do_without_the_folder_of_keys(place: Home, kept_from: str) -> None:
    codes, wanted, said = read(place, *VERBS)
    assert (codes, said) == (list(VERBS.values()), "")
    if kept_from == "by its absence":
        shutil.rmtree(place.keys)
    codes, found, said = read(place, *VERBS, without_rights=kept_from == "by its mode")
    assert codes == list(VERBS.values())
    assert _measured_apart(found) == _measured_apart(wanted)
    assert "checked with the keys beside it" in said
    assert "the last head that was signed cannot be seen" in said


def _measured_apart(answers: str) -> list[str]:
    """Without the sizes of partitions, which another's databases and files change."""
    return [line for line in answers.splitlines() if " of " not in line]


def test_one_without_a_right_to_write_reads_the_log(place: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("another user is needed")
    for path in (place.settings_file, *place.keys.glob("*.key")):
        path.chmod(0o644 if path == place.settings_file else 0o600)
    place.folder.chmod(0o755)
    child = subprocess.run(
        (sys.executable, "-P", "-c", _CHILD, str(NOBODY), json.dumps(["log", "ledger"])),
        env={**os.environ, "SCF_HOME": str(place.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert child.stderr.splitlines()[-1] == "[0, 0]", child.stderr


def test_the_public_key_tells_whose_log_it_is(place: Home, tmp_path: Path) -> None:
    kept = tmp_path / "keys.json"
    kept.write_bytes((place.keys / "keys.json").read_bytes())
    digits = json.loads(kept.read_bytes())["keys"][0]["public"]
    (tmp_path / "other").mkdir()
    other = home(tmp_path / "other")
    stranger = json.loads((other.keys / "keys.json").read_bytes())["keys"][0]["public"]
    shutil.rmtree(place.keys)
    for key in (str(kept), digits):
        codes, _, said = read(
            place, f"log --key {key}", f"ledger --key {key}", f"status --key {key}"
        )
        assert codes == [0, 0, 3]
        assert "checked with the keys beside it" not in said
    codes, _, said = read(place, f"log --key {stranger}")
    assert codes == [3]
    assert "unknown key" in said


def test_a_log_that_was_cut_is_told_by_who_sees_the_last_head(place: Home) -> None:
    log = place.settings().drive / "attestations/log/log.ndjson"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    codes, _, said = read(place, "log")
    assert codes == [3]
    assert "put in its place" in said
    shutil.rmtree(place.keys)
    codes, _, said = read(place, "log")
    assert codes == [0]
    assert "missing last entries would not be noticed" in said


def test_what_signs_needs_the_keys(place: Home) -> None:
    shutil.rmtree(place.keys)
    codes, _, said = read(place, "release", "keys --rotate")
    assert codes == [1, 1]
    assert "holds no keys.json" in said


def test_verify_takes_no_keys_from_the_drive_that_it_checks(
    place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof, key = tmp_path / "proof.json", tmp_path / "keys.json"
    _, text, _ = read(place, "log --proof 0")
    proof.write_text(text, "utf-8")
    shutil.copy(place.keys / "keys.json", key)
    shutil.rmtree(place.keys)
    words = ["verify", str(proof), "--home", str(place.folder)]
    assert run(words) == 1
    assert "--key KEY" in capsys.readouterr().err
    assert run([*words, "--key", str(key)]) == 0


def test_a_fresh_home_is_read(tmp_path: Path) -> None:
    made = home(tmp_path)
    codes, found, _ = read(made, "status", "log", "ledger", "keys")
    assert codes == [3, 0, 0, 0]
    assert "head of 0: e3b0c44298fc1c14" in found
    codes, _, said = read(made, "log --head")
    assert codes == [1]
    assert "nothing was attested yet" in said
