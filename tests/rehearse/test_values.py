"""The option values that a rehearsal is furnished from, evaluated by the real Nix."""

import shutil
from pathlib import Path

import pytest

import test_evaluation
from real_nix import Nix
from sovereign.errors import UsageError
from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.furnish import Furnishing, World
from sovereign.rehearse.values import (
    OVERRIDES,
    EvaluationError,
    Given,
    ValuesError,
    evaluate,
    last_message,
    parse,
)
from test_evaluation import INPUTS, STAND_INS

flake = test_evaluation.flake
stand_ins = test_evaluation.stand_ins

SAMBA = "hosts/cloudlab/generated/samba.nix"


@pytest.fixture
def overridden(nix: Nix, stand_ins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in nix.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(OVERRIDES, ",".join(f"{name}=path:{stand_ins / name}" for name in INPUTS))


@pytest.fixture
def project(flake: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(flake, tmp_path / "project", symlinks=True))


def change(project: Path, file: str, before: str, after: str) -> None:
    path = project / file
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


@pytest.mark.usefixtures("overridden")
def test_each_concern_gets_its_values(flake: Path) -> None:
    values = evaluate(flake, "cloudlab")
    assert values.keys() == CONCERNS.keys()
    assert values["system"]["hostName"] == "cloudlab"
    assert values["database"]["ensureDatabases"] == ["emily", "mlflow"]


@pytest.mark.usefixtures("overridden")
def test_what_a_module_says_is_what_is_evaluated(project: Path) -> None:
    lock = (project / "flake.lock").read_bytes()
    change(project, SAMBA, '"server smb encrypt" = "desired"', '"server smb encrypt" = "off"')
    settings = evaluate(project, "cloudlab")["samba"]["settings"]
    assert isinstance(settings, dict)
    assert settings["global"]["server smb encrypt"] == "off"
    assert settings["global"]["security"] == "user"
    assert (project / "flake.lock").read_bytes() == lock


@pytest.mark.usefixtures("overridden")
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("nmbd.enable = false;", "nmbd.enable = 3;", "services.samba.nmbd.enable"),
        ("openFirewall = false;", "openWall = false;", "services.samba.openWall"),
        ("openFirewall = false;", "openFirewall = ;", "syntax error"),
        ('"lo"', "pkgs.lo", "undefined variable 'pkgs'"),
    ],
)
def test_a_broken_module_is_told_as_nix_tells_it(
    project: Path, before: str, after: str, said: str
) -> None:
    change(project, SAMBA, before, after)
    with pytest.raises(EvaluationError, match="cloudlab does not evaluate") as refused:
        evaluate(project, "cloudlab")
    assert said in refused.value.message
    assert "warning" not in refused.value.message


@pytest.mark.usefixtures("overridden")
def test_a_host_that_is_not_there_is_named_with_those_that_are(flake: Path) -> None:
    with pytest.raises(EvaluationError, match="no host is called nowhere, but cloudlab"):
        evaluate(flake, "nowhere")


@pytest.mark.usefixtures("overridden")
@pytest.mark.parametrize(
    ("function", "error", "said"),
    [
        ('{ config, ... }: "text"', ValuesError, "the concern odd of cloudlab is not a set"),
        ("{ config, ... }: { it = config.no.such; }", EvaluationError, "attribute 'no' missing"),
    ],
)
def test_a_concern_that_asks_wrongly_is_told(
    flake: Path,
    tmp_path: Path,
    function: str,
    error: type[EvaluationError | ValuesError],
    said: str,
) -> None:
    (tmp_path / "odd.nix").write_text(function, "utf-8")
    with pytest.raises(error, match=said):
        evaluate(flake, "cloudlab", concerns=tmp_path)


@pytest.mark.usefixtures("overridden")
def test_a_file_that_a_variable_names_comes_with_its_text(flake: Path) -> None:
    unit = evaluate(flake, "cloudlab")["database"]["databases"]
    assert isinstance(unit, dict)
    (file,) = unit["files"]
    assert file["path"] == unit["environment"]["DATABASE_SQL"]
    expected = flake / "hosts/cloudlab/generated/database.sql"
    assert file["text"] == expected.read_text("utf-8")


def test_without_nix_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="nix is not installed") as refused:
        evaluate(tmp_path, "cloudlab", nix=tmp_path / "nix")
    assert refused.value.hint


@pytest.mark.parametrize("overrides", ["nixpkgs", "nixpkgs=", "=path:/x", "a=b,c"])
def test_overrides_that_are_none_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: str
) -> None:
    monkeypatch.setenv(OVERRIDES, overrides)
    with pytest.raises(UsageError, match=OVERRIDES):
        evaluate(tmp_path, "cloudlab")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("warning: dirty\nerror: it broke\n", "it broke"),
        ("error:\n   … while calling\n\n   error: deep\n   at x:1:2\n", "deep\nat x:1:2"),
        ("killed\n", "killed"),
        ("", "no message"),
    ],
)
def test_the_last_error_is_the_message(said: str, message: str) -> None:
    assert last_message(said) == message


def test_values_of_another_shape_are_refused_by_name() -> None:
    class Shares(Given):
        max_connections: int

    assert parse(Shares, {"maxConnections": 3, "more": None}).max_connections == 3
    with pytest.raises(ValuesError, match="the evaluated value of maxConnections"):
        parse(Shares, {"maxConnections": "many"})


def test_a_concern_comes_after_what_it_builds_on() -> None:
    places = {name: place for place, name in enumerate(CONCERNS)}
    for name, concern in CONCERNS.items():
        assert [one for one in concern.after if places[one] > places[name]] == []
    assert places["system"] < places["access"] < places["samba"]


@pytest.mark.usefixtures("overridden")
def test_a_host_that_asks_for_little_is_furnished_with_little(project: Path) -> None:
    generated = project / "hosts" / "sound" / "generated"
    generated.mkdir(parents=True)
    shutil.copy(STAND_INS / "sound.nix", generated / "default.nix")
    values = evaluate(project, "sound")
    world = World("sound", {})
    made = {name: concern.furnish(values[name], world) for name, concern in CONCERNS.items()}
    assert made["samba"] == made["database"] == Furnishing()
    assert made["access"].units == ()
