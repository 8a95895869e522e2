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
TESTS = ("test_hdc.py", "test_vectors.py", "test_bundling.py")
"""What is run with a sanitized extension."""

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
CHECKED = "-fsanitize=address,undefined"
ADDRESSES = ("-O1", "-g1", CHECKED, "-fno-sanitize-recover=all")
THREADS = ("-O1", "-g1", "-fsanitize=thread")
ARM = "aarch64-linux-gnu-gcc"
BEYOND_V2 = re.compile(r"^\s*[0-9a-f]+:\s+v\w+|%[yz]mm\d|%k[0-7]\b", re.MULTILINE)

x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="for x86-64")


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
        assert all(int(comparisons) > 1000 for comparisons in found.values())
        return list(found)

    def search_in_threads(self, *argv: str, emulator: tuple[str, ...] = ()) -> None:
        """Many callers at once find what each finds alone, the variant being switched meanwhile."""
        done = run([*emulator, self.programs["threads"], *argv], check=False)
        assert done.code == 0, done.out + done.err
        assert done.out == "0 of 120 searches differ\n"


@pytest.mark.parametrize("flags", [("-O0",), ("-O3",), ADDRESSES], ids=" ".join)
def test_all_variants_of_this_machine(tmp_path: Path, flags: tuple[str, ...]) -> None:
    built = Build(tmp_path, *flags)
    assert built.agreeing(1, 40) == list(kernel.variants())
    built.search_in_threads("fork")


def test_threads_do_not_race(tmp_path: Path) -> None:
    Build(tmp_path, *THREADS).search_in_threads()


def test_on_arm(tmp_path: Path) -> None:
    need("qemu-aarch64")
    built = Build(tmp_path, "-static", *WARNINGS, compiler=ARM)
    assert built.agreeing(2, 30, "qemu-aarch64") == ["neon", "portable"]
    built.search_in_threads(emulator=("qemu-aarch64",))


@x86
def test_on_older_processors(tmp_path: Path) -> None:
    need("qemu-x86_64")
    built = Build(tmp_path, "-march=x86-64-v2")
    assert built.agreeing(3, 30, "qemu-x86_64", "-cpu", "Nehalem") == ["portable"]
    assert built.agreeing(4, 30, "qemu-x86_64", "-cpu", "Haswell") == ["avx2", "portable"]


def symbols(file: str | Path, *which: str) -> list[str]:
    done = run(["nm", "--defined-only", "--format=posix", *which, file])
    return [line.split()[0] for line in done.out.splitlines()]


def test_only_what_python_asks_for_is_exported() -> None:
    need("nm")
    assert _kernel.__file__ is not None
    assert symbols(_kernel.__file__, "--dynamic") == ["PyInit__kernel"]


@x86
def test_nothing_is_warned_of_and_each_thing_is_in_its_place(tmp_path: Path) -> None:
    need("nm", "objdump")
    objects = Build(tmp_path, "-march=x86-64-v2", *WARNINGS).objects
    names = {name for file in objects.values() for name in symbols(file, "--extern-only")}
    assert "sov_hdc_search" in names
    assert {name for name in names if not name.startswith("sov_")} == set()

    def code(name: str, *part: str) -> str:
        return run(["objdump", "-d", "--no-show-raw-insn", *part, objects[name]]).out

    assert "%ymm" in code("avx2")
    assert "%zmm" in code("avx512")
    for name in set(objects) - {"neon"}:
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
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=sanitizers")
    files = [Path(__file__).with_name(name) for name in TESTS]
    done = run([sys.executable, "-m", "pytest", *options, *files], env=env, cwd=ROOT, check=False)
    assert done.code == 0, done.out + done.err
    assert re.search(r"^\d{3,} passed", done.out, re.MULTILINE), done.out
