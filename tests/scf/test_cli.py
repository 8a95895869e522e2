"""The command line: every verb on a small home, and what it says to bad words and broken files."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from scf.cid import cid_of
from scf.cli import VERBS, cli, run
from scf.errors import RefusedError
from scf.settings import Home
from scf_world import FakeRunner, daemon, home, ingest


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a version that is released."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794000000")  # 2026-11-06
    made = home(tmp_path)
    ingest(made, range(10))
    parts = daemon(made)[1]
    runner = FakeRunner(parts.drive)
    turning, _ = daemon(made, runner)
    turning.cycle()
    turning.cycle()
    runner.done({"dsm": 0.5})
    turning.cycle()
    monkeypatch.setenv("SCF_HOME", str(made.folder))
    assert run(["release"]) == 0
    return made


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(words) == code, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example_whose_words_it_takes(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--help"]) == 0
    example = re.search(r"Example: scf (.+)", capsys.readouterr().out)
    assert example is not None
    words = shlex.split(example[1])
    assert words[0] == verb
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    known = {option for each in command.params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_help_lists_every_verb_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb}" in shown for verb in VERBS)


@pytest.mark.usefixtures("place")
def test_status_tells_what_there_is_and_that_no_daemon_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = told(capsys, "status", code=3).splitlines()
    assert lines[0].startswith("daemon    does not run, gear SINGULARITY")
    assert lines[1].startswith("vault     10 fossils in 1 shards; the next generation is due at 20")
    assert "version   1: generation 1, dsm 0.5 (in use)" in lines
    assert "release   week-2026-11-02: version 1 (in use)" in lines
    table = json.loads(told(capsys, "status", "--json", code=3))
    assert (table["fossils"], table["log_size"], table["ledger_entries"]) == (10, 3, 2)


def test_a_release_is_made_once_and_verified_with_its_key_alone(
    place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = json.loads(told(capsys, "release", "--json"))
    folder = Path(table["folder"])
    assert folder.name == "week-2026-11-02"
    key = tmp_path / "keys.json"
    key.write_bytes((place.keys / "keys.json").read_bytes())
    monkeypatch.delenv("SCF_HOME")
    said = told(capsys, "verify", str(folder), "--key", str(key))
    assert said.startswith("week-2026-11-02: ebdm version 1")
    public = json.loads(key.read_bytes())["keys"][0]["public"]
    assert told(capsys, "verify", str(folder / "proof.json"), "--key", public).startswith(
        "proof.json"
    )
    card = folder / "card.md"
    card.chmod(0o644)
    card.write_bytes(card.read_bytes() + b" ")
    assert run(["verify", str(folder), "--key", str(key)]) == 3
    assert "card.md" in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_back_to_a_week(capsys: pytest.CaptureFixture[str]) -> None:
    assert "in use again" in told(capsys, "release", "--rollback", "week-2026-11-02")


def test_the_vault_is_checked(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "verify", "--vault") == "10 fossils in 1 shards were read\n"
    shard = next((place.settings().drive / "fossil_vault" / "shards").glob("shard-*"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.chmod(0o644)
    shard.write_bytes(data)
    assert run(["verify", "--vault"]) == 1
    assert "damaged" in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_ledger_and_lineage(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no credit: no-baseline" in told(capsys, "ledger")
    assert [e["body"]["kind"] for e in json.loads(told(capsys, "ledger", "--json"))["entries"]] == [
        "begun",
        "refused",
    ]
    assert "10 fossils in 1 shards" in told(capsys, "lineage")
    assert told(capsys, "lineage", "1", "--as", "mermaid").startswith("flowchart")
    assert json.loads(told(capsys, "lineage", "--as", "json"))["fossils"] == 10


def test_a_ledger_that_was_cut_is_noticed_by_the_log(
    place: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place.settings().drive / "attestations" / "ledger.ndjson"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert run(["ledger"]) == 3
    assert "which was attested" in capsys.readouterr().err


def test_a_proof_of_any_entry_is_verified_after_the_key_was_changed(
    place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = json.loads((place.keys / "keys.json").read_bytes())["keys"][0]["public"]
    head = json.loads(told(capsys, "log", "--head"))
    assert head["size"] == 3
    assert len(told(capsys, "keys", "--rotate").splitlines()) == 2
    lines = told(capsys, "log").splitlines()
    assert [line.split()[3] for line in lines[:-1]] == [
        "checkpoint:",
        "ledger:",
        "release:",
        "key:",
    ]
    for index in range(4):
        (tmp_path / "proof.json").write_text(told(capsys, "log", "--proof", str(index)), "utf-8")
        assert "as signed" in told(capsys, "verify", str(tmp_path / "proof.json"), "--key", first)
    grown = json.loads(told(capsys, "log", "--since", "3"))
    assert (grown["first"], grown["second"]) == (3, 4)
    assert run(["log", "--proof", "9"]) == 3
    assert run(["log", "--proof", "1", "--head"]) == 2


@pytest.mark.usefixtures("place")
def test_ingest_tells_what_was_kept_and_what_was_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "more.ndjson"
    source.write_text('{"number": 3}\n{"number": 11}\n{"number": "x"}\n{\n', "utf-8")
    table = json.loads(told(capsys, "ingest", str(source), "--shape", "number: number", "--json"))
    assert table == {
        "added": 1,
        "known": 1,
        "refused": {"not-json": 1, "not-passed": 1},
        "shards": 1,
    }


def test_orders_reach_the_daemon(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "control", "hyper")
    turning, _ = daemon(place)
    turning.cycle()
    assert turning.mode.gear == "HYPER"


@pytest.mark.parametrize("unit", ["systemd", "release", "timer", "launchd", "launchd-release"])
def test_units_name_this_home(place: Home, unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "daemon", "--unit", unit)
    if unit != "timer":
        assert str(place.folder) in told(capsys, "daemon", "--unit", unit)


@pytest.mark.parametrize(
    "words", [("train",), ("ingest", "."), ("release",), ("release", "--rollback", "2026-11-02")]
)
def test_nothing_acts_while_the_emergency_lock_exists(
    place: Home, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    place.lock.touch()
    assert run(words) == 1
    assert "EMERGENCY_LOCK exists" in capsys.readouterr().err


BAD = {
    "an unknown verb": (("explode",), 2),
    "an unknown gear": (("control", "warp"), 2),
    "no week": (("release", "--week", "soon"), 2),
    "a week that was never released": (("release", "--rollback", "2020-01-01"), 1),
    "no such version": (("lineage", "7"), 1),
    "a shape that is none": (("ingest", ".", "--shape", "point"), 1),
    "nothing to verify": (("verify",), 2),
    "a key that is none": (("verify", ".", "--key", "z" * 64), 2),
    "a folder that is no release": (("verify", "."), 3),
    "a job that is none": (("worker", "--job", ".", "--shards", "."), 1),
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("words", "code"), BAD.values(), ids=BAD.keys())
def test_bad_words_are_answered_with_a_line_and_never_a_traceback(
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert run(words) == code
    error = capsys.readouterr().err
    assert error
    assert "Traceback" not in error


SETTINGS = {
    "none": (None, "scf init --drive"),
    "no TOML": ("drive =", "scf.toml"),
    "an unknown key": ('drive = "x"\nwarp = 1', "warp"),
    "a gear that is none": ('drive = "x"\ngear = "WARP"', "gear"),
    "no drive there": ('drive = "x"', "no drive of SCF's"),
    "a page for everybody": ('drive = "x"\n[page]\nhost = "0.0.0.0"', "page.host"),
    "no text": (b"\xff", "scf.toml"),
}


@pytest.mark.parametrize(("content", "named"), SETTINGS.values(), ids=SETTINGS.keys())
def test_broken_settings_are_named(
    tmp_path: Path,
    content: str | bytes | None,
    named: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "scf.toml").write_bytes(data)
    assert run(["status", "--home", str(tmp_path)]) == 1
    assert named in capsys.readouterr().err


def test_a_home_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("init", "--home", str(tmp_path / "home"), "--drive", str(tmp_path / "drive"))
    assert run(words) == 0
    keys = (tmp_path / "home" / "keys" / "keys.json").read_bytes()
    (tmp_path / "drive" / "model_zoo" / "kept").touch()
    assert run(words) == 0
    assert (tmp_path / "home" / "keys" / "keys.json").read_bytes() == keys
    assert (tmp_path / "drive" / "model_zoo" / "kept").exists()
    assert told(capsys, "status", "--home", str(tmp_path / "home"), code=3)


def test_a_result_that_is_not_the_jobs_is_refused(place: Home) -> None:
    ingest(place, range(10, 20), "more")
    runner = FakeRunner(daemon(place)[1].drive)
    turning, parts = daemon(place, runner)
    turning.cycle()
    turning.cycle()
    job = runner.done({"dsm": 0.1})
    path = runner.fetch(job) / "result.json"
    text = path.read_text("utf-8").replace(job.id, cid_of(b"another job"))
    path.write_text(text, "utf-8")
    before = len(parts.registry.versions("ebdm"))
    with pytest.raises(RefusedError, match="another job"):
        turning.cycle()
    assert len(parts.registry.versions("ebdm")) == before


@pytest.fixture
def grown(place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Path]:
    """A log's first key, its head, the same after it grew and its key was changed, and what leads there."""
    keys = json.loads((place.keys / "keys.json").read_bytes())["keys"]
    texts = {"key": keys[0]["public"], "old": told(capsys, "log", "--head")}
    told(capsys, "keys", "--rotate")
    texts |= {
        "new": told(capsys, "log", "--head"),
        "last": told(capsys, "log", "--proof", "3"),
        "grown": told(capsys, "log", "--since", "3"),
    }
    (tmp_path / "log").mkdir()
    for name, text in texts.items():
        (tmp_path / "log" / name).write_text(text, "utf-8")
    return {name: tmp_path / "log" / name for name in texts}


def growth(files: dict[str, Path], key: str | Path, new: str = "new") -> tuple[str, ...]:
    heads = ("--old", str(files["old"]), "--new", str(files[new]))
    return ("verify", str(files["grown"]), *heads, "--key", str(key))


def test_a_log_that_grew_is_verified_against_the_head_that_was_kept(
    place: Home, grown: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = "the log of 4 entries begins with that of 3, as signed\n"
    assert told(capsys, *growth(grown, place.keys / "keys.json")) == said
    first = grown["key"].read_text("utf-8")
    assert told(capsys, *growth(grown, first, "last")) == said  # a proof brings the change of keys
    table = json.loads(told(capsys, *growth(grown, first, "last"), "--json"))
    assert (table["old"]["size"], table["new"]["size"]) == (3, 4)
    assert run(growth(grown, first)) == 3
    assert "unknown key" in capsys.readouterr().err


FORGED = {
    "another root": ("new", "root"),
    "another old root": ("old", "root"),
    "another signature": ("old", "signature"),
    "another way": ("grown", "path"),
    "from elsewhere": ("grown", "first"),
    "no head": ("old", None),
}


@pytest.mark.parametrize(("name", "key"), FORGED.values(), ids=FORGED)
def test_a_log_that_was_forged_is_refused(
    place: Home,
    grown: dict[str, Path],
    name: str,
    key: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = grown[name].read_text("utf-8")
    table = json.loads(text)
    if key is None:
        text = "{}"
    elif key == "first":
        text = text.replace('"first":3', '"first":2')
    else:
        value = table[key][0] if isinstance(table[key], list) else table[key]
        text = text.replace(value, value[:-2] + ("00" if value[-2:] != "00" else "11"))
    assert text != grown[name].read_text("utf-8")
    grown[name].write_text(text, "utf-8")
    assert run(growth(grown, place.keys / "keys.json")) == 3
    assert capsys.readouterr().err.startswith("error[SCF04")


def test_two_logs_of_one_size_are_a_split_view(
    place: Home, grown: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    from scf.attest.keys import Keyring
    from scf.attest.statement import HEAD, TreeHead

    ring = Keyring.open(place.keys)
    head = TreeHead.read(grown["old"]).model_copy(update={"root": "ab" * 32})
    signed = {"signature": ring.sign(HEAD, head.signed(), key=ring.keys.keys[0].key)}
    grown["new"].write_bytes(head.model_copy(update=signed).canonical())
    assert run(growth(grown, place.keys / "keys.json")) == 3
    assert "error[SCF048]" in capsys.readouterr().err


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("words", [("--old", "x"), ("--new", "x"), ("--vault", "--old", "x")])
def test_a_log_that_grew_has_two_heads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").touch()
    assert run(["verify", *(() if "--vault" in words else ("x",)), *words]) == 2


def test_a_source_has_the_name_that_it_is_given(
    place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from scf.drive import Drive
    from scf.vault import Vault

    for folder, line in (("a", '{"number": 100}'), ("b", "{"), ("c", "[")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "points.ndjson").write_text(line + "\n", "utf-8")
    told(capsys, "ingest", str(tmp_path / "a" / "points.ndjson"), "--name", "sensor 7")
    told(capsys, "ingest", *(str(tmp_path / each / "points.ndjson") for each in "bc"))
    vault = Vault.open(Drive.open(place.settings().drive))
    assert vault.fossil(cid_of(b'{"number":100}')).source == "sensor 7#1"
    assert list(vault.refusals().values()) == [{"not-json": 1}] * 2
    vault.close()
    assert run(["ingest", "--name", "x", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert run(["ingest", "--name", "", str(tmp_path / "a")]) == 1


def test_a_release_stops_at_the_lock_that_comes_while_it_is_made(
    place: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scf.release import staging, weekly

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794700000")  # a week later
    made = staging.stage

    def stage(*args: object) -> object:
        place.lock.touch()
        return made(*args)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(weekly, "stage", stage)
    assert run(["release"]) == 1
    assert "the emergency lock exists: stopped before" in capsys.readouterr().err
    assert told(capsys, "log").count("  release:") == 1
    place.lock.unlink()
    monkeypatch.undo()
    monkeypatch.setenv("SCF_HOME", str(place.folder))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794700000")
    assert "week-2026-11-09" in told(capsys, "release")


def test_a_zoo_that_was_lost_comes_back_out_of_the_releases(
    place: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    drive = place.settings().drive
    before = told(capsys, "lineage", "1")
    shutil.rmtree(drive / "model_zoo")
    (drive / "model_zoo").mkdir()
    assert "in use again" in told(capsys, "release", "--rollback", "week-2026-11-02")
    assert told(capsys, "lineage", "1") == before
