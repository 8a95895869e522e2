"""nixosModules.emily: the units that it makes, the settings that they read, the options it declares.

Evaluated by the real Nix with the stand-ins of tests/nix; judged by the real systemd.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

import test_evaluation
from emily.service.settings import Settings
from fleets import ROOT
from real_nix import Nix
from sovereign.nix.options.overlay import reviewed_overlay
from sovereign.review.emily import UNITS
from sovereign.run import run
from test_evaluation import STAND_INS, evaluate_host, evaluate_modules

flake = test_evaluation.flake
stand_ins = test_evaluation.stand_ins

Units: TypeAlias = Mapping[str, dict[str, object]]

MODULE = ROOT / "nix" / "modules" / "emily.nix"
PREFIX = "services.emily."
LEAST_EXPOSED = 30
"""In tenths, the unit of `systemd-analyze security --threshold`."""

COMMANDS = {
    "emily-router": "router",
    "emily-instinct": "tier instinct",
    "emily-nervous": "tier nervous",
    "emily-metabolism": "tier metabolism",
    "emily-cognition": "tier cognition",
    "emily-api": "api",
}
ALONE = "{ services.emily.enable = true; }\n"
REMOTE = """{
  services.emily = {
    enable = true;
    tokenFile = "/run/keys/token";
    passwordFile = "/run/keys/password";
    settings = {
      api.host = "10.10.0.2";
      memory = { backend = "pgvector"; host = "10.20.0.9"; user = "app"; };
      workspace.capacity = 9;
      circadian.lights_on = "06:30";
    };
  };
}
"""


@pytest.fixture(scope="module")
def hosts(flake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with two more hosts: Emily with nothing set, and with all of it elsewhere."""
    copy = tmp_path_factory.mktemp("emily") / "flake"
    shutil.copytree(flake, copy, symlinks=True)
    for name, text in (("alone", ALONE), ("remote", REMOTE)):
        generated = copy / "hosts" / name / "generated"
        generated.mkdir(parents=True)
        shutil.copy(STAND_INS / "sound.nix", generated / "default.nix")
        (copy / "hosts" / name / "extra.nix").write_text(text, "utf-8")
    return copy


@pytest.fixture(scope="module", params=["alone", "cloudlab", "remote"])
def host(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def every_unit(nix: Nix, hosts: Path, stand_ins: Path) -> Mapping[str, Units]:
    found = {}
    for name in ("alone", "cloudlab", "remote"):
        defined = "config.system.build.toplevel.definitions.systemd.services"
        services = evaluate_host(nix, hosts, stand_ins, name, defined)
        assert isinstance(services, dict)
        found[name] = {unit: each for unit, each in services.items() if unit.startswith("emily")}
    return found


@pytest.fixture
def units(every_unit: Mapping[str, Units], host: str) -> Units:
    return every_unit[host]


def table(unit: Mapping[str, object], name: str = "serviceConfig") -> dict[str, object]:
    found = unit[name]
    assert isinstance(found, dict)
    return found


def unit_file(unit: Mapping[str, object], program: str | None = None) -> str:
    """A unit's file as NixOS writes it; `program` stands in for a command of a store that is not there."""
    settings = table(unit) | ({"ExecStart": program} if program else {})
    environment = [f'"{name}={value}"' for name, value in table(unit, "environment").items()]
    limits = {f"StartLimit{key}": unit[f"startLimit{key}"] for key in ("IntervalSec", "Burst")}
    sections = {
        "Unit": {"Description": unit["description"], **limits},
        "Service": {"Environment": environment, **settings},
    }
    return "".join(
        f"[{section}]\n" + "".join(f"{key}={text}\n" for key, text in _lines(values))
        for section, values in sections.items()
    )


def _lines(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            yield key, str(one).lower() if isinstance(one, bool) else str(one)


@pytest.fixture
def systemd_analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("not installed: systemd-analyze")
    return program


@pytest.mark.parametrize("name", COMMANDS)
def test_a_unit_is_little_exposed(
    units: Units, systemd_analyze: str, tmp_path: Path, name: str
) -> None:
    file = tmp_path / f"{name}.service"
    file.write_text(unit_file(units[name]), "utf-8")
    judge = (systemd_analyze, "security", "--offline=true", "--no-pager")
    done = run([*judge, f"--threshold={LEAST_EXPOSED}", file], check=False)
    assert done.code == 0, done.out
    worse = file.read_text("utf-8")
    file.write_text(re.sub("^(Protect|Private|Restrict|SystemCall).*\n", "", worse, flags=re.M))
    assert run([*judge, f"--threshold={LEAST_EXPOSED}", file], check=False).code != 0


def test_systemd_knows_every_line_of_the_units(units: Units, systemd_analyze: str) -> None:
    # systemd looks for units in folders that everybody may enter
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{name}.service") for name in units]
        for file, unit in zip(files, units.values(), strict=True):
            file.write_text(unit_file(unit, program="/bin/true"), "utf-8")
        done = run([systemd_analyze, "verify", "--man=no", *files], check=False)
        told = [line for line in done.err.splitlines() if folder in line]
        assert told == []
        files[0].write_text("[Service]\nExecStart=/bin/true\nNoSuchKey=1\n", "utf-8")
        assert "NoSuchKey" in run([systemd_analyze, "verify", *files[:1]], check=False).err


def test_each_unit_runs_its_part_with_the_settings(units: Units) -> None:
    assert len(COMMANDS) == UNITS
    started = {name: str(table(unit)["ExecStart"]) for name, unit in units.items()}
    assert started.keys() == COMMANDS.keys()
    for name, command in COMMANDS.items():
        pattern = rf"/\S+/bin/emily {command} --config /\S+-emily\.toml"
        assert re.fullmatch(pattern, started[name]), started[name]


def test_a_unit_says_that_it_lives_and_is_started_again(units: Units) -> None:
    for unit in units.values():
        settings = table(unit)
        kept = {key: settings[key] for key in ("Type", "NotifyAccess", "Restart")}
        assert kept == {"Type": "notify", "NotifyAccess": "main", "Restart": "on-failure"}
        assert settings["WatchdogSec"]
        assert unit["wantedBy"] == unit["partOf"] == ["emily.target"]
        assert table(unit, "environment")["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("alone", {}),
        ("cloudlab", {"emily-api": ["10.0.0.0/24"]}),
        ("remote", {"emily-api": ["any"], "emily-cognition": ["10.20.0.9"]}),
    ],
)
def test_packets_come_from_this_host_and_from_where_they_must(
    every_unit: Mapping[str, Units], name: str, allowed: dict[str, list[str]]
) -> None:
    found = {unit: table(each)["IPAddressAllow"] for unit, each in every_unit[name].items()}
    assert found == {unit: ["localhost", *allowed.get(unit, [])] for unit in COMMANDS}


@pytest.mark.parametrize(
    ("name", "secrets"),
    [
        ("alone", {}),
        ("cloudlab", {"emily-api": ["token:/persist/secrets/emily/token"]}),
        (
            "remote",
            {
                "emily-api": ["token:/run/keys/token"],
                "emily-cognition": ["password:/run/keys/password"],
            },
        ),
    ],
)
def test_a_secret_is_shown_to_the_unit_that_needs_it_alone(
    every_unit: Mapping[str, Units], name: str, secrets: dict[str, list[str]]
) -> None:
    units = every_unit[name]
    loaded = {unit: table(each).get("LoadCredential") for unit, each in units.items()}
    assert {unit: files for unit, files in loaded.items() if files} == secrets
    told = {
        value
        for unit in units.values()
        for key, value in table(unit, "environment").items()
        if key.endswith("_FILE")
    }
    assert told == {f"%d/{files[0].partition(':')[0]}" for files in secrets.values()}


def test_the_services_take_the_settings(
    nix: Nix, hosts: Path, stand_ins: Path, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    written = evaluate_host(nix, hosts, stand_ins, host, "config.services.emily.configFile.value")
    settings = Settings.model_validate(written)
    assert settings.node == {"cloudlab": "cloudlab"}.get(host, "sound")
    assert str(settings.memory.path) == "/var/lib/emily/memory.sqlite"
    assert settings.memory.backend == ("sqlite" if host == "alone" else "pgvector")
    assert settings.workspace.capacity == (9 if host == "remote" else 7)


def test_every_setting_is_an_option_but_those_that_the_units_decide() -> None:
    declared = {name for name in reviewed_overlay().newer if name.startswith(f"{PREFIX}settings.")}
    fields = {
        f"{PREFIX}settings.{name}.{key}"
        for name, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    } | {f"{PREFIX}settings.node"}
    decided = {
        *("api.token_file", "memory.password_file", "memory.path", "memory.outbox", "state.folder")
    }
    assert fields - declared == {f"{PREFIX}settings.{name}" for name in decided}
    assert declared <= fields


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('settings.api.host = "0.0.0.0";', "beyond loopback: set services.emily.tokenFile"),
        (
            'settings.memory = { backend = "pgvector"; user = "app"; };',
            "memory.user is not emily",
        ),
        ('settings.bus.router = "tcp/0.0.0.0:7447";', "bus.router' is not of type"),
        ("settings.workspace.capacity = 4;", "capacity' is not of type"),
        (
            'tokenFile = "${builtins.storeDir}/00000000000000000000000000000000-token";',
            "tokenFile' is not of type `null or absolute path not in the Nix store'",
        ),
    ],
)
def test_what_she_cannot_run_with_is_refused(
    nix: Nix, stand_ins: Path, tmp_path: Path, settings: str, told: str
) -> None:
    module = tmp_path / "host.nix"
    given = f"services.emily = {{ enable = true; {settings} }};"
    module.write_text(f"{{ imports = [ {MODULE} ]; {given} }}", "utf-8")
    code, said = evaluate_modules(nix, stand_ins, [module])
    assert code != 0
    assert told in said


def test_the_reviewed_overlay_tells_the_options_of_the_module(nix: Nix) -> None:
    described = json.loads(
        nix.eval_json(
            f"""
            let
              lib = import {STAND_INS}/nixpkgs/lib;
              formats.toml = _: {{ }};
              module = {{ _module.check = false; _module.args.pkgs = {{ inherit formats; emily = {{ }}; }}; }};
              evaluated = lib.evalModules {{ modules = [ {MODULE} module ]; }};
              walk = path: option:
                if lib.isOption option
                then [ {{ name = lib.concatStringsSep "." path; value = option.type.description; }} ]
                else lib.concatMap (name: walk (path ++ [ name ]) option.${{name}}) (lib.attrNames option);
            in
            lib.listToAttrs (walk [ "services" "emily" ] evaluated.options.services.emily)
            """
        )
    )
    newer = {name: type_ for name, type_ in reviewed_overlay().newer.items() if name in described}
    assert {name: re.sub("[“”]", '"', type_) for name, type_ in newer.items()} == described
    assert not {name for name in reviewed_overlay().newer if name.startswith(PREFIX)} - set(newer)
