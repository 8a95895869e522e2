"""The NixOS VM tests, as far as they can be looked at without a VM.

Every node evaluates with the stand-ins, every script is judged by mypy against the stubs of the
driver in tests/driver, and what the scripts ask of the suite is there to be asked.
"""

import ast
import base64
import re
import shutil
from pathlib import Path

import pytest

import test_evaluation
from fleets import ROOT
from real_nix import Nix
from sovereign.expectations.document import Document, read
from sovereign.expectations.file import File
from test_evaluation import evaluate
from vm_tests import (
    DRIVER,
    HOST,
    VM_TESTS,
    VmTest,
    evaluate_all,
    evaluate_one,
    judge,
)

flake = test_evaluation.flake
stand_ins = test_evaluation.stand_ins

CONCERNS = {path.stem for path in VM_TESTS.glob("*.nix")} - {"default"}
HOSTS = {path.parts[-3] for path in ROOT.glob("hosts/*/generated/expectations.json")}
NAMES = sorted({f"vm-{name}" for name in CONCERNS} | {f"vm-host-{name}" for name in HOSTS})


@pytest.fixture(scope="module")
def vm_tests(nix: Nix, flake: Path, stand_ins: Path) -> dict[str, VmTest]:
    return evaluate_all(nix, flake, stand_ins)


@pytest.fixture(scope="module")
def document() -> Document:
    return read(ROOT / "hosts" / HOST / "generated" / "expectations.json")


# The test, what is changed in which file, and what Nix says of it then.
SPOILT = {
    "an option that there is not": (
        *("vm-zones", "world/scaled.nix", "cores = 2", "corse = 2"),
        "virtualisation.corse' does not exist",
    ),
    "an option of nixpkgs beside its packages": (
        *("vm-zones", "world/scaled.nix", "config = mkForce { };", ""),
        "externally created instance",
    ),
    "packages given twice": (
        *("vm-zones", "default.nix", "node.pkgsReadOnly = false;", ""),
        "nixpkgs.pkgs' is defined multiple times",
    ),
    "a time in words": (
        *("vm-zones", "zones.nix", "globalTimeout = 1800", 'globalTimeout = "1h"'),
        "globalTimeout' is not of type `signed integer'",
    ),
    "a zone that there is not": (
        *("vm-zones", "zones.nix", '"management"', '"guests"'),
        "attribute 'guests' missing",
    ),
    "Secure Boot without UEFI": (
        *("vm-boot", "boot.nix", "useEFIBoot = true;", ""),
        "useSecureBoot needs useEFIBoot",
    ),
    "a disk without a size": (
        *("vm-storage", "storage.nix", "size = 4096", "size = 0"),
        "emptyDiskImages",
    ),
}


class TestEvaluation:
    """Each file is a check of the flake, and so is each host."""

    def test_every_file_and_every_host_is_a_check(self, vm_tests: dict[str, VmTest]) -> None:
        assert sorted(vm_tests) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_its_machines_evaluate(self, vm_tests: dict[str, VmTest], name: str) -> None:
        test = vm_tests[name]
        assert HOST in test.nodes
        for machine, node in test.nodes.items():
            assert re.fullmatch(rf"/.*-nixos-system-{machine}-\d\d\.\d\d\.drv", node.system)

    @pytest.mark.parametrize("name", NAMES)
    def test_it_ends_within_the_hour(self, vm_tests: dict[str, VmTest], name: str) -> None:
        assert 0 < vm_tests[name].globalTimeout <= 3600

    @pytest.mark.parametrize("name", NAMES)
    def test_all_its_machines_are_plugged_into_one_network(
        self, vm_tests: dict[str, VmTest], name: str
    ) -> None:
        """The host's own NIC is on network 1: without another machine there, there is none."""
        assert vm_tests[name].vlans == (1,)

    def test_only_the_system_of_the_host_has_them(
        self, nix: Nix, flake: Path, stand_ins: Path
    ) -> None:
        names = evaluate(nix, flake, stand_ins, "checks.aarch64-linux", "builtins.attrNames")
        assert isinstance(names, list)
        assert [name for name in names if name.startswith("vm-")] == []

    def test_a_new_host_has_its_test(
        self, nix: Nix, flake: Path, stand_ins: Path, tmp_path: Path
    ) -> None:
        grown = Path(shutil.copytree(flake, tmp_path / "flake", symlinks=True))
        shutil.copytree(grown / "hosts" / HOST, grown / "hosts" / "twin")
        shutil.copy(grown / "hosts" / HOST / "host.toml", grown / "hosts" / "twin")
        tests = evaluate_all(nix, grown, stand_ins)
        assert sorted(tests) == sorted([*NAMES, "vm-host-twin"])
        assert set(tests["vm-host-twin"].nodes) == {"internet", "twin"}

    @pytest.mark.parametrize("case", SPOILT)
    def test_a_spoilt_test_does_not_evaluate(
        self, nix: Nix, flake: Path, stand_ins: Path, tmp_path: Path, case: str
    ) -> None:
        name, file, text, instead, message = SPOILT[case]
        spoilt = Path(shutil.copytree(flake, tmp_path / "flake", symlinks=True))
        path = spoilt / "vm-tests" / file
        content = path.read_text("utf-8")
        assert text in content
        path.write_text(content.replace(text, instead), "utf-8")
        with pytest.raises(AssertionError, match=message):
            evaluate_one(nix, spoilt, stand_ins, name)


# A script that is not of the driver's interface → what mypy says of it.
WRONG = {
    "a method that there is not": ("cloudlab.succeeds('true')", "attr-defined"),
    "a command that is no text": ("cloudlab.succeed(['true'])", "arg-type"),
    "a time that is no number": ("cloudlab.wait_for_unit('a', timeout='1min')", "arg-type"),
    "a keyword that there is not": ("cloudlab.wait_for_file('a', seconds=3)", "call-arg"),
    "a port that is text": ("cloudlab.wait_for_open_port('22')", "arg-type"),
    "an answer taken for text": ("cloudlab.execute('true').strip()", "attr-defined"),
    "a machine that there is not": ("office.start()", "name-defined"),
    "a subtest without a name": ("with subtest():\n    pass", "call-arg"),
    "an assertion that there is not": ("t.assertEquals(1, 1)", "attr-defined"),
    "text in a list of machines": ("verify('cloudlab', '', set())", "arg-type"),
    "a function without types": ("def f(x):\n    return x", "no-untyped-def"),
}


class TestScripts:
    """The scripts are Python that the driver runs."""

    def test_all_are_of_the_driver_s_interface(
        self, vm_tests: dict[str, VmTest], tmp_path: Path
    ) -> None:
        scripts = {name: (test.testScript, list(test.nodes)) for name, test in vm_tests.items()}
        judged = judge(tmp_path, scripts)
        assert judged.code == 0, judged.said

    @pytest.fixture(scope="class")
    @staticmethod
    def judged(tmp_path_factory: pytest.TempPathFactory) -> str:
        """All wrong scripts at once, and a right one."""
        begin = (VM_TESTS / "world" / "script.py").read_text("utf-8")
        wrong = {f"wrong-{i}": script for i, (script, _) in enumerate(WRONG.values())}
        scripts = {"right": "cloudlab.succeed('true', timeout=3)", **wrong}
        folder = tmp_path_factory.mktemp("wrong")
        return judge(
            folder, {name: (f"{begin}{script}\n", [HOST, "ai"]) for name, script in scripts.items()}
        ).said

    @pytest.mark.parametrize("case", WRONG)
    def test_a_wrong_call_is_refused(self, judged: str, case: str) -> None:
        number = list(WRONG).index(case)
        about = [line for line in judged.splitlines() if f"wrong_{number}.py" in line]
        assert [line for line in about if f"[{WRONG[case][1]}]" in line], judged

    def test_a_right_call_is_not(self, judged: str) -> None:
        assert "right.py" not in judged

    def test_the_stubs_say_what_everything_is(self) -> None:
        stubs = sorted(DRIVER.rglob("*.py*"))
        assert len(stubs) > 5
        for stub in stubs:
            names = {
                node.id
                for node in ast.walk(ast.parse(stub.read_text("utf-8")))
                if isinstance(node, ast.Name)
            }
            assert "Any" not in names, stub

    @pytest.mark.parametrize("name", NAMES)
    def test_every_machine_of_a_test_is_used(self, vm_tests: dict[str, VmTest], name: str) -> None:
        tree = ast.parse(vm_tests[name].testScript)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert set(vm_tests[name].nodes) <= used


class TestSuite:
    """What the scripts ask of the suite."""

    @pytest.mark.parametrize("name", NAMES)
    def test_what_must_pass_is_expected_and_not_left_out(
        self, vm_tests: dict[str, VmTest], document: Document, name: str
    ) -> None:
        test = vm_tests[name]
        calls = test.asked
        assert calls
        left_out = test.unproven
        for call in calls:
            assert call.concerns <= {one.concern for one in document.expectations}
            looked_at = {
                one.type
                for one in document.expectations
                if (not call.concerns or one.concern in call.concerns)
                and not any(each.id.fullmatch(one.id) for each in left_out)
            }
            assert call.proven <= looked_at

    def test_every_reason_is_about_something_that_is_expected(
        self, vm_tests: dict[str, VmTest], document: Document
    ) -> None:
        notes = {
            (note.id.pattern, note.reason) for test in vm_tests.values() for note in test.unproven
        }
        ids = [one.id for one in document.expectations]
        stale = {note for note in notes if not any(re.fullmatch(note[0], each) for each in ids)}
        assert stale == set()
        assert all(len(reason) > 10 for _, reason in notes)

    def test_every_concern_is_looked_at_somewhere(
        self, vm_tests: dict[str, VmTest], document: Document
    ) -> None:
        looked_at = {c for test in vm_tests.values() for call in test.asked for c in call.concerns}
        whole = any(not call.concerns for test in vm_tests.values() for call in test.asked)
        assert whole or looked_at >= {one.concern for one in document.expectations}

    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_else_is_expected_than_of_the_host(
        self, vm_tests: dict[str, VmTest], document: Document, name: str
    ) -> None:
        """But for the keys of tunnels, whose private halves are not here."""
        given = Document.model_validate_json(vm_tests[name].nodes[HOST].document)
        of_tunnels = {"tunnel"}
        assert [one for one in given.expectations if one.type not in of_tunnels] == [
            one for one in document.expectations if one.type not in of_tunnels
        ]
        assert [one.id for one in given.expectations] == [one.id for one in document.expectations]

    @pytest.mark.parametrize("name", NAMES)
    def test_the_secrets_that_a_script_names_are_the_host_s(
        self, vm_tests: dict[str, VmTest], document: Document, name: str
    ) -> None:
        secrets = {one.path for one in document.expectations if isinstance(one, File)}
        named = set(re.findall(r"/persist/secrets/[\w/.-]+", vm_tests[name].testScript))
        assert named <= secrets

    def test_between_sites_there_is_no_key_of_the_inventory(
        self, vm_tests: dict[str, VmTest], document: Document
    ) -> None:
        given = vm_tests["vm-wireguard"].nodes[HOST].document
        keys = re.findall(r'"public_key":\s*"([^"]+)"', document.text())
        assert keys
        assert [key for key in keys if key in given] == []


class TestKeys:
    """The keys that stand in the place of the inventory's are the test vectors of RFC 7748."""

    @pytest.mark.parametrize("who", ["alice", "bob"])
    def test_the_public_half_is_that_of_the_private(self, who: str) -> None:
        text = (VM_TESTS / "world" / "keys.nix").read_text("utf-8")
        found = re.search(rf'{who} = {{\s*private = "(.*)";\s*public = "(.*)";', text)
        assert found is not None
        private, public = (base64.b64decode(half) for half in found.groups())
        assert _x25519(private) == public


def _x25519(scalar: bytes, point: int = 9) -> bytes:
    """The Montgomery ladder of RFC 7748, section 5."""
    p = 2**255 - 19
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    x2, z2, x3, z3 = 1, 0, point, 1
    for bit in range(254, -1, -1):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        plus, minus = (x2 + z2) % p, (x2 - z2) % p
        cross, other = (x3 - z3) * plus % p, (x3 + z3) * minus % p
        difference = (plus * plus - minus * minus) % p
        x3, z3 = (cross + other) ** 2 % p, point * (cross - other) ** 2 % p
        x2 = plus * plus * minus * minus % p
        z2 = difference * (plus * plus + 121665 * difference) % p
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")
