"""A new fleet is sound from its first minute, and starting one destroys nothing."""

import base64
import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovereign.cli import run
from sovereign.diagnostics import Severity
from sovereign.errors import Exit, UsageError, WriteError
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import load
from sovereign.inventory.schema import schemas
from sovereign.operate.init import TEMPLATE, Names, new_fleet, read_key, suggested_name, write_fleet
from sovereign.review.run import review

WRITTEN = {
    ".gitignore",
    "flake.lock",
    "flake.nix",
    "hosts/fleet.toml",
    "hosts/schema/fleet.json",
    "hosts/schema/host.json",
    "hosts/server/host.toml",
}


def ssh_key(comment: str = "") -> str:
    """A public key of 32 zero bytes."""
    kind = b"ssh-ed25519"
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (kind, bytes(32)))
    return f"{kind.decode()} {base64.b64encode(blob).decode()} {comment}".strip()


KEY = ssh_key("alice@laptop")
names = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4}){0,3}", fullmatch=True)
accounts = st.from_regex(r"[a-z_][a-z0-9_-]{0,30}", fullmatch=True)
comments = st.from_regex(r"[A-Za-z0-9._@+-]{0,40}", fullmatch=True)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def example() -> Names:
    return Names.parse("fleet", "server", None, None)


def test_it_is_reviewed_without_an_error_and_generates(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = tmp_path_factory.mktemp("key") / "alice.pub"
    key.write_text(f"{KEY}\n")
    words = ["--operator", "alice", "--key", str(key)]
    assert run(["init", str(tmp_path), *words]) == Exit.DONE
    assert files(tmp_path) == WRITTEN
    found = review(load(tmp_path)).open
    assert not [finding for finding in found if finding.severity is Severity.ERROR]
    assert run(["generate", "--root", str(tmp_path)]) == Exit.DONE
    assert (tmp_path / "hosts" / "server" / "generated" / "default.nix").is_file()
    assert run(["generate", "--check", "--root", str(tmp_path)]) == Exit.DONE
    assert run(["schema", "--check", "--root", str(tmp_path)]) == Exit.DONE


def test_every_new_host_has_an_id_of_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run(["init", str(tmp_path / name)]) == Exit.DONE
    ids = [load(tmp_path / name).hosts["server"].identity.host_id for name in ("a", "b")]
    template = (TEMPLATE / "hosts/server/host.toml").read_text("utf-8")
    assert len({*ids, *re.findall(r'host_id = "(\w+)"', template)}) == 3


def test_with_the_example_key_nothing_is_generated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path)]) == Exit.DONE
    assert files(tmp_path) == WRITTEN
    assert run(["generate", "--root", str(tmp_path)]) == Exit.FINDINGS
    assert 'error[ACC011]: the key of "operator" is an example' in capsys.readouterr().err
    assert files(tmp_path) == WRITTEN


def test_names_and_key_are_filled_in(tmp_path: Path) -> None:
    key = tmp_path / "id.pub"
    key.write_text(KEY + "\n")
    fleet = tmp_path / "new" / "fleet"
    words = ["--name", "home", "--host", "web-1", "--operator", "alice", "--key", str(key)]
    assert run(["init", str(fleet), *words]) == Exit.DONE
    inventory = load(fleet)
    assert inventory.fleet.name == "home"
    assert inventory.fleet.domain == "home.internal"
    assert list(inventory.hosts) == ["web-1"]
    assert {account: who.keys for account, who in inventory.fleet.operators.items()} == {
        "alice": (KEY,)
    }
    assert inventory.hosts["web-1"].access.operators == ("alice",)


@settings(max_examples=25, deadline=None)
@given(names, names, accounts, comments)
def test_what_is_filled_in_reads_back(fleet: str, host: str, account: str, comment: str) -> None:
    key = ssh_key(comment)
    made = new_fleet(Names.parse(fleet[:27].rstrip("-"), host, account, key))
    described = Fleet.model_validate(tomllib.loads(made["hosts/fleet.toml"]))
    assert described.name == fleet[:27].rstrip("-")
    assert described.operators[account].keys == (key,)
    server = Host.model_validate(tomllib.loads(made[f"hosts/{host}/host.toml"]))
    assert server.access.operators == (account,)


def test_only_the_names_differ_from_the_template() -> None:
    made = new_fleet(Names.parse("home", "server", "alice", KEY))
    for name in sorted(files(TEMPLATE)):
        lines = zip(
            (TEMPLATE / name).read_text("utf-8").splitlines(), made[name].splitlines(), strict=True
        )
        assert all(old == new or old.endswith("# EDIT") for old, new in lines), name
    assert set(made) == files(TEMPLATE) | {f"hosts/schema/{name}.json" for name in schemas()}


def test_nobody_holds_the_key_of_the_template() -> None:
    operator = Fleet.model_validate(
        tomllib.loads((TEMPLATE / "hosts" / "fleet.toml").read_text("utf-8"))
    ).operators["operator"]
    for key in operator.keys:
        assert base64.b64decode(key.split()[1]).endswith(b"replace this key with your own!!")


def test_what_is_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "a"), "--json"]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told == {"root": str(tmp_path / "a"), "written": sorted(WRITTEN)}
    assert run(["init", str(tmp_path / "b")]) == Exit.DONE
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"written  {tmp_path / 'b' / name}" for name in sorted(WRITTEN)
    ]
    assert f"sovereign generate --root {tmp_path / 'b'}" in said.err


@pytest.mark.parametrize("taken", ["hosts/other.toml", "flake.nix", "flake.lock"])
def test_a_folder_with_a_fleet_or_a_flake_is_refused(
    tmp_path: Path, taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")
    assert run(["init", str(tmp_path)]) == Exit.FAILED
    assert f"error[INI001]: {tmp_path / Path(taken).parts[0]} exists" in capsys.readouterr().err
    assert files(tmp_path) == {taken}


def test_what_else_lies_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "README.md").write_text("mine\n")
    assert write_fleet(tmp_path, new_fleet(example())) == tuple(sorted(WRITTEN - {".gitignore"}))
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert files(tmp_path) == WRITTEN | {"README.md"}


@pytest.mark.parametrize(
    "words",
    [
        ["--name", "Home"],
        ["--name", "a.b"],
        ["--name", 'a"\nb'],
        ["--host", "web_1"],
        ["--host", "../web"],
        ["--host", "-x"],
        ["--operator", "alice"],
        ["--key", "KEY"],
        ["--operator", "Al ice", "--key", "KEY"],
        ["--operator", "alice", "--key", "NONE"],
        ["--operator", "alice", "--key", "PRIVATE"],
        ["--operator", "alice", "--key", "TWO"],
        ["--operator", "alice", "--key", "BINARY"],
    ],
)
def test_bad_words_write_nothing(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n"
    keys = {
        "KEY": KEY.encode(),
        "PRIVATE": private.encode(),
        "TWO": f"{KEY}\n{KEY}\n".encode(),
        "BINARY": b"\xff\xfe\x00",
    }
    for name, content in keys.items():
        (tmp_path / name).write_bytes(content)
    given_words = [str(tmp_path / word) if word in {*keys, "NONE"} else word for word in words]
    assert run(["init", str(tmp_path / "fleet"), *given_words]) == Exit.USAGE
    assert files(tmp_path) == set(keys)
    said = capsys.readouterr()
    assert said.out == ""
    assert "b3BlbnNzaC1rZXk" not in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my-fleet", "my-fleet"),
        ("My Fleet (2)", "my-fleet-2"),
        ("2026-hosts", "hosts"),
        ("ünïcode", "n-code"),
        ("--", "fleet"),
        ("", "fleet"),
        ("a" * 26 + "-b", "a" * 26),
    ],
)
def test_a_fleet_is_called_like_its_folder(folder: str, name: str) -> None:
    assert suggested_name(Path("/") / folder) == name


@given(st.text(max_size=60).filter(lambda text: "/" not in text and "\0" not in text))
def test_every_folder_gives_a_name_that_the_inventory_takes(folder: str) -> None:
    suggested = suggested_name(Path("/srv") / folder)
    assert Names.parse(suggested, "server", None, None).fleet == suggested


@pytest.mark.parametrize("fails_at", range(1, 4))
def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    (tmp_path / "mine").write_text("mine")
    rename, calls = Path.rename, 0

    def failing(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    for folder in (tmp_path, tmp_path / "new" / "fleet"):
        calls = 0
        with pytest.raises(WriteError, match="No space left on device"):
            write_fleet(folder, new_fleet(example()))
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WriteError, match=r"cannot write .*file/fleet: Not a directory"):
        write_fleet(tmp_path / "file" / "fleet", new_fleet(example()))


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"cannot read a public key from {tmp_path}"):
        read_key(tmp_path)
