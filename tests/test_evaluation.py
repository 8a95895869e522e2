"""The whole flake, evaluated offline by the real Nix with stand-ins for its four inputs.

The stand-ins are themselves under test: what the module system accepts must come out merged, and
what it refuses must be refused with the message a person would see (tests/nix/README.md).
"""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from fleets import ROOT
from option_tree import write_type_tree
from real_nix import Nix

STAND_INS = ROOT / "tests" / "nix"
INPUTS = ("nixpkgs", "disko", "lanzaboote", "preservation")
FLAKE = (
    "README.md",
    "flake.nix",
    "flake.lock",
    "pyproject.toml",
    "setup.py",
    "hosts",
    "nix",
    "vm-tests",
    "generators",
    "py",
)
HOSTS = sorted(path.parts[-3] for path in ROOT.glob("hosts/*/generated/default.nix"))
ACCEPTED = sorted(path.stem for path in STAND_INS.glob("accepted/*.nix"))
REFUSED = sorted(path.stem for path in STAND_INS.glob("refused/*.nix"))
EXPECT = "# expect: "


@pytest.fixture(scope="session")
def stand_ins(option_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-ins with the options of the index: a copy, for the index is not in the repository."""
    copy = tmp_path_factory.mktemp("evaluation") / "stand-ins"
    shutil.copytree(STAND_INS, copy)
    write_type_tree(option_index, copy / "nixpkgs" / "options.json")
    return copy


@pytest.fixture(scope="session")
def flake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a flake: the part that Nix reads, so that no cache or venv is copied to the store."""
    copy = tmp_path_factory.mktemp("flake")
    for name in FLAKE:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.so")
            shutil.copytree(source, copy / name, symlinks=True, ignore=ignore)
        elif source.exists():
            shutil.copy(source, copy / name)
    return copy


def evaluate(
    nix: Nix, flake: Path, stand_ins: Path, attribute: str, apply: str = "value: value"
) -> object:
    """Evaluate a function of one output of a flake with the stand-ins, as JSON's value."""
    overrides = [
        word for name in INPUTS for word in ("--override-input", name, f"path:{stand_ins / name}")
    ]
    flags = ("--json", "--no-write-lock-file", "--option", "eval-cache", "false", *overrides)
    output = f"path:{flake}#{attribute}"
    done = nix.run("nix", "eval", *flags, output, "--apply", apply, check=False)
    assert done.code == 0, done.err
    return json.loads(done.out)


def evaluate_host(
    nix: Nix,
    flake: Path,
    stand_ins: Path,
    host: str,
    attribute: str = "config.system.build.toplevel.drvPath",
) -> object:
    """Evaluate one attribute of `nixosConfigurations.<host>`, as JSON's value."""
    return evaluate(nix, flake, stand_ins, f"nixosConfigurations.{host}.{attribute}")


def evaluate_modules(nix: Nix, stand_ins: Path, modules: Sequence[Path]) -> tuple[int, str]:
    """Evaluate modules on top of the sound host; return Nix's exit code and what it said."""
    listed = " ".join(map(str, modules))
    done = nix.run(
        *("nix", "eval", "--impure", "--json", "--expr"),
        f"({_cases(stand_ins)}).host {{ modules = [ {listed} ]; }}",
        check=False,
    )
    return done.code, done.out + done.err


def _cases(stand_ins: Path) -> str:
    return f"import {stand_ins}/evaluate.nix {{ standIns = {stand_ins}; }}"


@pytest.fixture(scope="session")
def merged(nix: Nix) -> dict[str, object]:
    """What every module list of accepted/ amounts to; they declare their own options."""
    values = json.loads(nix.eval_json(f"({_cases(STAND_INS)}).accepted"))
    assert isinstance(values, dict)
    return values


@pytest.mark.parametrize("case", ACCEPTED)
def test_definitions_merge(merged: dict[str, object], case: str) -> None:
    expected = (STAND_INS / "accepted" / f"{case}.json").read_text(encoding="utf-8")
    assert merged[case] == json.loads(expected)


def test_the_sound_host_evaluates(nix: Nix, stand_ins: Path) -> None:
    code, said = evaluate_modules(nix, stand_ins, ())
    assert (code, said.strip().endswith('-nixos-system-sound-26.05.drv"')) == (0, True), said


@pytest.mark.parametrize("case", REFUSED)
def test_a_spoilt_host_is_refused(nix: Nix, stand_ins: Path, case: str) -> None:
    module = stand_ins / "refused" / f"{case}.nix"
    expected = module.read_text(encoding="utf-8").splitlines()[0]
    assert expected.startswith(EXPECT)
    code, said = evaluate_modules(nix, stand_ins, (module,))
    assert code != 0
    assert re.search(expected.removeprefix(EXPECT), said, re.DOTALL), said


@pytest.mark.parametrize(
    ("setting", "warning"),
    [
        ("boot.swraid.enable = true;", "mdadm: Neither MAILADDR nor PROGRAM has been set"),
        ('warnings = [ "the fan is old" ];', "the fan is old"),
    ],
)
def test_a_warning_is_shown_and_refuses_nothing(
    nix: Nix, stand_ins: Path, tmp_path: Path, setting: str, warning: str
) -> None:
    module = tmp_path / "warned.nix"
    module.write_text(f"{{ {setting} }}", encoding="utf-8")
    code, said = evaluate_modules(nix, stand_ins, (module,))
    assert (code, f"evaluation warning: {warning}" in said) == (0, True), said


def test_every_type_of_the_index_is_understood(nix: Nix, stand_ins: Path) -> None:
    assert int(nix.eval_json(f"({_cases(stand_ins)}).options")) > 10_000


class TestTheFourInputs:
    """A flake whose lock pins all four on GitHub evaluates with the stand-ins alone."""

    @pytest.fixture
    def example(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(STAND_INS / "example", tmp_path / "example"))

    def test_the_layout_becomes_file_systems_and_swap(
        self, nix: Nix, example: Path, stand_ins: Path
    ) -> None:
        defined = evaluate_host(
            nix, example, stand_ins, "example", "config.system.build.toplevel.definitions"
        )
        assert isinstance(defined, dict)
        systems = {
            path: (fs["device"], fs["fsType"]) for path, fs in defined["fileSystems"].items()
        }
        assert systems == {
            "/": ("tmpfs", "tmpfs"),
            "/boot": ("/dev/disk/by-partlabel/disk-main-ESP", "vfat"),
            "/nix": ("/dev/md/nix", "ext4"),
            "/persist": ("rpool/persist", "zfs"),
        }
        assert [swap["priority"] for swap in defined["swapDevices"]] == [5]
        assert defined["boot"]["swraid"]["enable"] is True
        assert defined["boot"]["loader"]["external"]["enable"] is True

    def test_what_is_preserved_is_mounted(self, nix: Nix, example: Path, stand_ins: Path) -> None:
        defined = evaluate_host(
            nix, example, stand_ins, "example", "config.system.build.toplevel.definitions"
        )
        assert isinstance(defined, dict)
        assert {m["where"]: m["what"] for m in defined["systemd"]["mounts"]} == {
            "/var/lib/nixos": "/persist/var/lib/nixos",
            "/var/lib/postgresql": "/persist/var/lib/postgresql",
        }
        early = defined["boot"]["initrd"]["systemd"]["mounts"]
        assert [m["where"] for m in early] == ["/sysroot/etc/machine-id"]

    def test_the_name_of_the_system_depends_on_all_of_it(
        self, nix: Nix, example: Path, stand_ins: Path
    ) -> None:
        first = evaluate_host(nix, example, stand_ins, "example")
        again = evaluate_host(nix, example, stand_ins, "example")
        host = example / "host.nix"
        text = host.read_text(encoding="utf-8")
        host.write_text(text.replace('size = "32G"', 'size = "33G"'), encoding="utf-8")
        assert first == again != evaluate_host(nix, example, stand_ins, "example")

    def test_the_lock_stays_as_it_is(self, nix: Nix, example: Path, stand_ins: Path) -> None:
        lock = (example / "flake.lock").read_bytes()
        evaluate_host(nix, example, stand_ins, "example")
        assert (example / "flake.lock").read_bytes() == lock


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_of_the_fleet_evaluates(
    nix: Nix, flake: Path, stand_ins: Path, host: str
) -> None:
    system = evaluate_host(nix, flake, stand_ins, host)
    assert re.fullmatch(rf"/.*-nixos-system-{re.escape(host)}-\d\d\.\d\d\.drv", str(system))


@pytest.mark.parametrize("host", HOSTS)
def test_every_network_unit_says_what_it_matches(
    nix: Nix, flake: Path, stand_ins: Path, host: str
) -> None:
    """networkd ignores one that does not, as a unit for a tunnel under another name than NixOS's."""
    defined = evaluate_host(
        nix, flake, stand_ins, host, "config.system.build.toplevel.definitions.systemd.network"
    )
    assert isinstance(defined, dict)
    units = defined["networks"]
    assert units
    assert [name for name, unit in units.items() if not unit.get("matchConfig")] == []


@pytest.mark.parametrize("host", HOSTS)
def test_a_missing_key_does_not_stop_all_of_networkd(
    nix: Nix, flake: Path, stand_ins: Path, host: str
) -> None:
    """A credential with a stand-in may be missing (systemd.exec(5), SetCredential=)."""
    defined = evaluate_host(
        nix, flake, stand_ins, host, "config.system.build.toplevel.definitions.systemd"
    )
    assert isinstance(defined, dict)
    networkd = defined["services"].get("systemd-networkd", {}).get("serviceConfig", {})
    loaded, stood_in = (
        {text.partition(":")[0] for text in networkd.get(option, ())}
        for option in ("LoadCredential", "SetCredential")
    )
    assert loaded == stood_in
    assert bool(loaded) == (ROOT / f"hosts/{host}/generated/wireguard.nix").exists()


@pytest.mark.parametrize("system", ["x86_64-linux", "aarch64-linux"])
@pytest.mark.parametrize("output", ["packages", "devShells", "checks"])
def test_every_output_evaluates(
    nix: Nix, flake: Path, stand_ins: Path, output: str, system: str
) -> None:
    paths = evaluate(
        nix, flake, stand_ins, f"{output}.{system}", "builtins.mapAttrs (_: made: made.drvPath)"
    )
    assert isinstance(paths, dict)
    assert paths
    assert all(path.endswith(".drv") for path in paths.values())
