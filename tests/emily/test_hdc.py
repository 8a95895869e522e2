"""The kernel's variants: which one is in use, how another is forced, and what a machine without says."""

import importlib
import re
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from emily.instinct.hdc import DIM, Hypervector, Hypervectors, __main__, kernel
from emily.instinct.hdc.errors import KernelError
from fleets import ROOT
from sovereign.run import Completed, run

EVERY = ("avx512", "avx2", "neon", "portable")


def run_module(forced: str = "") -> Completed:
    """`python -m emily.instinct.hdc` with EMILY_HDC_KERNEL set; empty is as if it were not."""
    argv = [sys.executable, "-m", "emily.instinct.hdc"]
    return run(argv, env={kernel.ENVIRONMENT: forced}, check=False)


def test_there_is_always_a_portable_variant_and_it_is_the_last() -> None:
    assert kernel.variants()[-1] == "portable"
    assert set(kernel.variants()) <= set(EVERY)
    assert sorted(kernel.variants(), key=EVERY.index) == list(kernel.variants())


def test_the_variant_in_use_can_be_chosen(variant: str) -> None:
    assert kernel.variant() == variant


def test_the_kernel_agrees_with_plain_loops(variant: str) -> None:
    assert kernel.selftest(7) == 0
    assert kernel.variant() == variant


def test_the_fastest_variant_is_used_unless_another_is_named() -> None:
    done = run_module()
    assert (done.code, done.err) == (0, "")
    assert done.out == f"kernel {kernel.variants()[0]} of {', '.join(kernel.variants())}\n"


@pytest.mark.parametrize("name", kernel.variants())
def test_the_environment_forces_a_variant(name: str) -> None:
    done = run_module(name)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"kernel {name} of ")


@pytest.mark.parametrize(
    "name", ["avx1024", "AVX2", "neon" if "avx2" in kernel.variants() else "avx2"]
)
def test_a_variant_that_this_machine_lacks_is_refused(name: str) -> None:
    has = ", ".join(kernel.variants())
    done = run_module(name)
    assert done.code == 1
    assert f"this machine has no kernel {name!r}; it has {has}" in done.err.splitlines()[-1]
    before = kernel.variant()
    with pytest.raises(KernelError, match=f"no kernel '{name}'; it has {has}"):
        kernel.use(name)
    assert kernel.variant() == before


WITHOUT_VARIANTS = ("encoders", "classifier", "codebook", "store", "vector_forms", "threads")


def test_what_builds_on_the_kernel_works_with_plain_c() -> None:
    """The tests that do not go through the variants themselves, with one forced on them all."""
    files = [Path(__file__).with_name(f"test_{name}.py") for name in WITHOUT_VARIANTS]
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        *files,
    ]
    done = run(argv, env={kernel.ENVIRONMENT: "portable"}, cwd=ROOT, check=False)
    assert done.code == 0, done.out + done.err
    assert re.search(r"^\d{3,} passed", done.out, re.MULTILINE), done.out


def test_a_difference_is_told_and_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kernel, "selftest", lambda: 3)
    assert __main__.main() == 1
    assert capsys.readouterr().err == "3 results differ from plain loops\n"


def test_variants_may_be_switched_while_others_work() -> None:
    rows = Hypervectors.random(200, seed=1)
    wanted, wrong = rows.distances(rows[0]), []

    def work() -> None:
        wrong.extend(n for n in range(100) if not np.array_equal(rows.distances(rows[0]), wanted))

    before, threads = kernel.variant(), [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for name in kernel.variants():
            kernel.use(name)
    kernel.use(before)
    assert wrong == []


def test_all_variants_give_the_same_bits() -> None:
    before, found = kernel.variant(), set()
    for name in kernel.variants():
        kernel.use(name)
        a, b = Hypervector.random(seed=1), Hypervector.random(seed=2)
        found.add((a ^ b.permute(3)).to_wire() + str(a.distance(b)).encode())
    kernel.use(before)
    assert len(found) == 1
    assert len(found.pop()) == DIM // 64 * 8 + 8 + 4


def test_a_machine_without_a_compiler_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "emily.instinct.hdc._kernel", None)
    monkeypatch.delitem(sys.modules, "emily.instinct.hdc.kernel")
    with pytest.raises(ImportError, match="gcc python3-dev"):
        importlib.import_module("emily.instinct.hdc.kernel")
