"""A host with a real Nix store, whose system was made by `nix build` in the shape of NixOS's."""

import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from real_nix import Nix
from sovereign.run import Completed
from sovereign.suite.nixos import System
from sovereign.suite.vantage import Vantage

from .machines import Machine, Recorded, expect, look, machine

pytestmark = pytest.mark.usefixtures("kernel")

EXPRESSION = """
{ version, programs, wrappers }:
let
  made = name: script: derivation {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" "PATH=/usr/bin:/bin; ${script}" ];
  };
  daemon = made "daemon-${version}" "mkdir -p $out/bin; cp ${/. + programs}/sleep $out/bin/daemon";
  units = made "system-units" ''
    mkdir $out
    echo "ExecStart=${daemon}/bin/daemon" > $out/daemon.service
    ln -s /dev/null $out/masked.service
  '';
in
made "nixos-system-cloudlab-${version}" ''
  mkdir -p $out/sw $out/etc/systemd
  printf ${version} > $out/nixos-version
  ln -s ${units} $out/etc/systemd/system
  cp -r ${/. + wrappers} $out/sw/bin
''
"""


@pytest.fixture(scope="module")
def built(nix: Nix, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two systems, the second one's release newer."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "programs").mkdir()
    (folder / "wrappers").mkdir()
    shutil.copy("/bin/sleep", folder / "programs")
    exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in nix.env.items())
    for name in ("nix", "nix-store"):
        program = shutil.which(name)
        wrapper = folder / "wrappers" / name
        wrapper.write_text(f'#!/bin/sh\n{exports}exec {program} "$@"\n')
        wrapper.chmod(0o755)
    return system(nix, folder, "26.05.1.b18a4b9"), system(nix, folder, "26.11.2.aaaaaaa")


def system(nix: Nix, folder: Path, version: str) -> Path:
    given = {
        "version": version,
        "programs": str(folder / "programs"),
        "wrappers": str(folder / "wrappers"),
    }
    words = [word for name, value in given.items() for word in ("--argstr", name, value)]
    argv = ("nix", "build", "--impure", "--no-link", "--print-out-paths", "--expr", EXPRESSION)
    return Path(nix.run(*argv, *words).out.strip())


@pytest.fixture(scope="module")
def host(built: tuple[Path, Path]) -> Iterator[Machine]:
    with machine() as one:
        one.run(f"mount -t tmpfs tmpfs /run && ln -s {built[0]} /run/current-system")
        yield one


@pytest.fixture(scope="module")
def running(host: Machine) -> System:
    return System(Vantage("inside", host.transport))


def test_the_release_that_runs(host: Machine) -> None:
    assert look(expect("nixos-release", release="26.05"), host.transport) == ("passed", "")
    assert look(expect("nixos-release", release="26.11"), host.transport) == (
        "failed",
        "NixOS 26.11 must run, and 26.05.1.b18a4b9 does",
    )


def test_a_package_is_there_when_the_closure_holds_it(
    running: System, built: tuple[Path, Path]
) -> None:
    assert str(built[0]) in running.closure
    assert str(built[1]) not in running.closure
    found = running.package("daemon")
    assert found is not None
    assert found.endswith("-daemon-26.05.1.b18a4b9")
    assert running.package("daemon-26.05.1.b18a4b9") == found
    assert running.package("daem") is None
    assert running.package("system-units") is not None


def test_a_unit_is_the_systems_own(running: System) -> None:
    file = running.unit_file("daemon.service")
    assert file is not None
    assert "-system-units/" in file
    assert running.unit_file("masked.service") is None
    assert running.unit_file("none.service") is None


def test_a_setting_of_nix(host: Machine) -> None:
    setting = expect("nix-setting", name="experimental-features", value="flakes nix-command")
    assert look(setting, host.transport) == ("passed", "")
    setting = expect("nix-setting", name="trusted-users", value="colter")
    assert look(setting, host.transport) == (
        "failed",
        'trusted-users of Nix must hold colter, and is "root"',
    )


def test_a_service_that_runs_an_older_systems_program_is_found(
    host: Machine, built: tuple[Path, Path], running: System, tmp_path: Path
) -> None:
    said = "LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\n"
    own = running.package("daemon")
    for program, outcome in ((own, "passed"), (older(built[1]), "failed")):
        argv = (f"{program}/bin/daemon", "600")
        with host.running(*argv, log=tmp_path / "log", ready="pidof daemon"):
            pid = host.run("pidof daemon").strip()
            inside = Both(Recorded({"systemctl show": f"{said}MainPID={pid}\n"}), host)
            found = look(expect("unit", name="daemon.service"), inside)
        assert found[0] == outcome, found
        if outcome == "failed":
            told = f"daemon.service still runs {program}, which is not of the system that runs"
            assert found[1].startswith(told)


@dataclass(frozen=True)
class Both:
    """A machine without systemd, for which another answers what it recorded."""

    recorded: Recorded
    host: Machine

    def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
        machine = self.recorded if argv[0] == "systemctl" else self.host.transport
        return machine.run(argv, stdin, timeout)


def older(other: Path) -> str:
    """The daemon of another system."""
    line = (other / "etc/systemd/system/daemon.service").read_text()
    return line.partition("=")[2].strip().removesuffix("/bin/daemon")


def test_a_host_that_is_no_nixos_has_no_system() -> None:
    none = System(Vantage("inside", Recorded({"cat": [1, "", ""], "readlink": [1, "", ""]})))
    assert (none.release, none.closure, none.package("zfs")) == (None, frozenset(), None)
    assert none.strange_program("1") is None
    assert none.unit_file("sshd.service") is None
