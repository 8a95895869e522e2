"""Threads that share vectors, and the FFT libraries behind them."""

import os
import subprocess
import sys
import textwrap
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from emily.instinct import holographic
from emily.instinct.holographic import (
    Holo,
    HoloError,
    fftw,
)
from plain_holographic import assert_near, convolution, correlation


class TestThreads:
    def test_threads_share_vectors_whose_spectra_are_not_known_yet(self) -> None:
        """Every round the threads meet at a barrier, then all need the same spectra at once."""
        threads, rounds, shape = 4, 60, (40, 512)
        meet = threading.Barrier(threads)
        keys = [Holo.random(shape, seed=2 * i) for i in range(rounds)]
        values = [Holo.random(shape, seed=2 * i + 1) for i in range(rounds)]
        expected = [Holo(k.values).bind(Holo(v.values)) for k, v in zip(keys, values, strict=True)]

        def work(number: int) -> int:
            wrong = 0
            for key, value, right in zip(keys, values, expected, strict=True):
                meet.wait()
                if number == 0:
                    spectrum = key.spectrum
                    found = value.bind(key)
                    wrong += not np.array_equal(spectrum, Holo(key.values).spectrum)
                else:
                    found = key.bind(value) if number % 2 else value.bind(key)
                wrong += not np.allclose(found.values, right.values, atol=1e-6)
                wrong += key.bind(value) != right
            return wrong

        with ThreadPoolExecutor(threads) as pool:
            assert sum(pool.map(work, range(threads))) == 0

    def test_threads_plan_a_new_dimension_once(self) -> None:
        meet = threading.Barrier(4)

        def first(number: int) -> Holo:
            meet.wait()
            return Holo.random(211, seed=number)

        with ThreadPoolExecutor(4) as pool:
            one, *others = pool.map(first, range(4))
        for other in others:
            np.testing.assert_allclose(
                one.bind(other).values, convolution(one.values, other.values), atol=1e-6
            )


class TestForks:
    @pytest.mark.parametrize("lock", ["transform._lock", "blocks._states"])
    def test_a_child_forked_while_another_thread_holds_a_lock_binds(self, lock: str) -> None:
        assert (
            run(f"""
            def hold():
                with {lock}:
                    held.set()
                    time.sleep(0.3)
            print(fork_beside(hold))
        """)
            == "0"
        )

    def test_a_child_forked_while_another_thread_plans_binds(self) -> None:
        assert (
            run("""
            def plan():
                held.set()
                Holo.zeros(4096)
            print(fork_beside(plan))
        """)
            == "0"
        )

    def test_a_thread_that_holds_the_lock_may_fork(self) -> None:
        assert (
            run("""
            with transform._lock, blocks._states:
                print(fork_beside(held.set))
        """)
            == "0"
        )


FORKING = """
import os, signal, threading, time, warnings
from emily.instinct.holographic import Holo, blocks, transform

warnings.simplefilter("ignore")  # of Python 3.12 on: there are threads at the fork
held = threading.Event()
key = Holo.random(8, seed=1)

def fork_beside(work):
    thread = threading.Thread(target=work)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        signal.alarm(20)  # ends a child that hangs
        key.bind(Holo.random(8, seed=2))
        new = Holo.random(12, seed=1)
        os._exit(new.bind(new).shape != (12,))
    status = os.waitpid(child, 0)[1]
    thread.join()
    key.bind(Holo.random(8, seed=3))
    Holo.zeros(13)
    return status
"""


def run(program: str) -> str:
    """What a program prints that forks beside a thread."""
    ran = subprocess.run(
        [sys.executable, "-c", FORKING + textwrap.dedent(program)],
        env=os.environ | {"EMILY_HOLO_FFT": holographic.backend()},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ran.stdout.strip()


class TestLibraries:
    def test_without_pyfftw_or_the_kernel_numpy_serves(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "emily.instinct.hdc._kernel", None)
        assert holographic.backends() == ("numpy",)
        monkeypatch.undo()
        fftw._library.cache_clear()
        for missing in (None, types.ModuleType("pyfftw")):
            monkeypatch.setitem(sys.modules, "pyfftw", missing)
            assert holographic.backends() == ("numpy",)
            fftw._library.cache_clear()

    def test_the_environment_names_one(self, library: str) -> None:
        program = "from emily.instinct import holographic; print(holographic.backend())"
        environment = os.environ | {"EMILY_HOLO_FFT": library}
        ran = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == library

    @pytest.mark.usefixtures("variant")
    def test_every_variant_of_the_kernel_binds(self) -> None:
        for dtype in (np.float32, np.float64):
            a, b = (Holo.random((3, 77), seed=seed, dtype=dtype) for seed in (1, 2))
            assert_near(a.bind(b), convolution(a.values, b.values), a, b)
            assert_near(a.unbind(b), correlation(b.values, a.values), a, b)

    def test_vectors_of_two_libraries_do_not_mix(self, library: str) -> None:
        ours = Holo.random(8, seed=1)
        for other in holographic.backends():
            holographic.use(other)
            theirs = Holo.random(8, seed=1)
            holographic.use(library)
            assert ours == theirs
            if other != library:
                with pytest.raises(HoloError, match=f"FFT libraries are {other} and {library}"):
                    ours.bind(theirs)

    def test_binding_the_same_twice_gives_the_same_bits(self) -> None:
        key, value = Holo.random(1024, seed=1), Holo.random(1024, seed=2)
        cold = key.bind(value)
        assert key.bind(value) == cold
        assert Holo(key.values).bind(Holo(value.values)) == cold
        assert key.bind(key) == Holo(key.values).bind(Holo(key.values))

    def test_a_spectrum_is_computed_once(self) -> None:
        key = Holo.random((3, 64), seed=1)
        first = key.spectrum
        assert np.shares_memory(first, key.spectrum)
        key.bind(key)
        assert np.shares_memory(first, key.spectrum)
        np.testing.assert_allclose(key[1].spectrum, first[1])
