"""The kernel built in other ways: strictly, under sanitizers, for processors that this one is not."""

import os
import platform
import re
import runpy
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from emily.instinct.hdc import _kernel, kernel
from fleets import ROOT
from sovereign.run import Completed, run

BUILDER = ROOT / "py" / "emily" / "instinct" / "hdc" / "build_kernel.py"
DRIVERS = ("differential", "threads")
TESTS = (
    "test_attack.py",
    "test_bundling.py",
    "test_groups.py",
    "test_memory.py",
    "test_overlap.py",
    "test_read_only.py",
    "test_vectors.py",
    "holographic/test_algebra.py",
)
QUICK = "not Acceptance and not searched_in_parts"
"""What is run with a sanitized extension: not all rows and probes that take long."""

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
CHECKED = "-fsanitize=address,undefined"
ADDRESSES = ("-O1", "-g1", CHECKED, "-fno-sanitize-recover=all")
THREADS = ("-O1", "-g1", "-fsanitize=thread")
ARM = "aarch64-linux-gnu-gcc"
BEYOND_V2 = re.compile(r"^\s*[0-9a-f]+:\s+v\w+|%[yz]mm\d|%k[0-7]\b", re.MULTILINE)

X86 = platform.machine() == "x86_64"
x86 = pytest.mark.skipif(not X86, reason="for x86-64")


def need(*programs: str) -> None:
    """Skip without these programs; fail where they are required."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing and os.environ.get("SOVEREIGN_REQUIRE_EXTENSION"):
        pytest.fail(f"SOVEREIGN_REQUIRE_EXTENSION is set; missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"missing: {', '.join(missing)}")


class Build:
    """The kernel's objects and the drivers of native/, compiled as the extension is, but for `flags`."""

    def __init__(self, folder: Path, *flags: str, compiler: str = "gcc") -> None:
        need(compiler)
        extension = runpy.run_path(str(BUILDER))["ffibuilder"].distutils_extension(str(folder))
        sources = [ROOT / name for name in extension.sources if "kernel/" in name]
        drivers = [Path(__file__).parent / "native" / f"{name}.c" for name in DRIVERS]
        given = [
            *extension.extra_compile_args,
            *(f"-D{name}={value}" for name, value in extension.define_macros),
            *(f"-I{directory}" for directory in extension.include_dirs),
            *flags,
        ]
        done = run([compiler, *given, "-c", *sources, *drivers], cwd=folder, check=False)
        assert done.code == 0, done.err
        self.objects = {source.stem: folder / f"{source.stem}.o" for source in sources}
        self.programs = {name: folder / name for name in DRIVERS}
        for program in self.programs.values():
            run(
                [
                    compiler,
                    *flags,
                    "-pthread",
                    *self.objects.values(),
                    f"{program}.o",
                    "-o",
                    program,
                ]
            )

    def agreeing(self, seed: int, rounds: int, *emulator: str) -> list[str]:
        """The variants whose every operation gives what plain loops in C give, on made-up rows."""
        argv = [*emulator, self.programs["differential"], str(seed), str(rounds)]
        done = run(argv, check=False)
        assert done.code == 0, done.out + done.err
        found = dict(line.split() for line in done.out.splitlines())
        assert all(int(comparisons) > 500 for comparisons in found.values())
        return list(found)

    def search_in_threads(self, *argv: str, emulator: tuple[str, ...] = ()) -> None:
        """Many callers at once find what each finds alone, the variant being switched meanwhile."""
        done = run([*emulator, self.programs["threads"], *argv], check=False)
        assert done.code == 0, done.out + done.err
        assert done.out == "0 of 240 differ\n"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The kernel as nix/packages/sovereign.nix compiles it, and nothing is warned of."""
    baseline = ["-march=x86-64-v2"] if X86 else []
    return Build(tmp_path_factory.mktemp("shipped"), *baseline, *WARNINGS)


def test_all_variants_of_this_machine(shipped: Build) -> None:
    assert shipped.agreeing(1, 100) == list(kernel.variants())
    shipped.search_in_threads("fork")


@pytest.mark.parametrize("flags", [("-O0",), ADDRESSES], ids=" ".join)
def test_all_variants_under_checks(tmp_path: Path, flags: tuple[str, ...]) -> None:
    built = Build(tmp_path, *flags)
    assert built.agreeing(2, 25) == list(kernel.variants())
    built.search_in_threads("fork")


def test_threads_do_not_race(tmp_path: Path) -> None:
    Build(tmp_path, *THREADS).search_in_threads()


@x86
def test_on_older_processors(shipped: Build) -> None:
    need("qemu-x86_64")
    assert shipped.agreeing(3, 12, "qemu-x86_64", "-cpu", "Nehalem") == ["portable"]
    assert shipped.agreeing(4, 12, "qemu-x86_64", "-cpu", "Haswell") == ["avx2", "portable"]


def test_on_arm(tmp_path: Path) -> None:
    need("qemu-aarch64")
    built = Build(tmp_path, "-static", *WARNINGS, compiler=ARM)
    assert built.agreeing(5, 15, "qemu-aarch64") == ["neon", "portable"]
    built.search_in_threads(emulator=("qemu-aarch64",))


def symbols(file: str | Path, *which: str) -> list[str]:
    need("nm")
    done = run(["nm", "--defined-only", "--format=posix", *which, file])
    return [line.split()[0] for line in done.out.splitlines()]


def test_only_what_python_asks_for_is_exported() -> None:
    assert _kernel.__file__ is not None
    assert symbols(_kernel.__file__, "--dynamic") == ["PyInit__kernel"]


def test_every_symbol_that_is_linked_has_the_prefix(shipped: Build) -> None:
    names = {name for file in shipped.objects.values() for name in symbols(file, "--extern-only")}
    assert "sov_hdc_search" in names
    assert {name for name in names if not name.startswith("sov_")} == set()


@x86
def test_newer_instructions_stay_where_they_are_asked_for(shipped: Build) -> None:
    need("objdump")

    def code(name: str, *part: str) -> str:
        return run(["objdump", "-d", "--no-show-raw-insn", *part, shipped.objects[name]]).out

    assert "%ymm" in code("avx2")
    assert "%zmm" in code("avx512")
    for name in set(shipped.objects) - {"neon"}:
        # whether the processor has these instructions is asked of every processor
        text = code(name, *["--disassemble=supported"] * (name in {"avx2", "avx512"}))
        assert "ret" in text
        assert BEYOND_V2.findall(text) == [], name


def sanitized(folder: Path) -> Mapping[str, str]:
    """Build the extension under sanitizers beside a copy of Emily; the environment that imports it."""
    need("gcc")
    library = Path(run(["gcc", "-print-file-name=libasan.so"]).out.strip())
    if not library.is_absolute():
        need("libasan.so")
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(ROOT / "py" / "emily", folder / "lib" / "emily", ignore=ignored)
    where = ("--build-lib", folder / "lib", "--build-temp", folder / "temp")
    with_gcc = {"CC": "gcc", "LDSHARED": "gcc -shared"}
    flags = {"CFLAGS": " ".join(ADDRESSES[1:]), "LDFLAGS": CHECKED}
    run([sys.executable, "setup.py", "-q", "build_ext", *where], cwd=ROOT, env=with_gcc | flags)
    return {
        "PYTHONPATH": str(folder / "lib"),
        "LD_PRELOAD": str(library.resolve()),
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps memory to its end
    }


def distances_from(words: str, rows: int, env: Mapping[str, str]) -> Completed:
    """Ask the portable kernel for the distances from so many rows at an address."""
    program = f"""
from emily.instinct.hdc import Hypervector
from emily.instinct.hdc.kernel import ffi, lib
memory, query = ffi.new("char[128]"), Hypervector.zeros(64)
rows = ffi.new("sov_hdc_matrix *", [ffi.cast("uint64_t *", {words}), {rows}, 64, 1])
lib.sov_hdc_distances(ffi.new("int32_t[]", {rows}), rows, query._c)
"""
    forced = {**env, kernel.ENVIRONMENT: "portable"}
    return run([sys.executable, "-c", program], env=forced, check=False)


def test_pythons_tests_find_nothing_wrong_under_sanitizers(tmp_path: Path) -> None:
    env = sanitized(tmp_path)
    assert distances_from("memory", 2, env).code == 0
    assert "AddressSanitizer: heap-buffer-overflow" in distances_from("memory", 3, env).err
    assert "runtime error: load of misaligned" in distances_from("memory + 1", 1, env).err
    files = [Path(__file__).parent / name for name in TESTS]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", QUICK]
    argv = [sys.executable, "-m", "pytest", *options, "--hypothesis-profile=sanitizers", *files]
    done = run(argv, env=env, cwd=ROOT, check=False)
    assert done.code == 0, done.out + done.err
    assert re.search(r"^\d{3,} passed", done.out, re.MULTILINE), done.out
