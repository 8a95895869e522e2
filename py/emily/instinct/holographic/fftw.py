"""Blocks transformed by FFTW's own C functions, which the C kernel calls.

pyfftw brings FFTW. Its plan objects hold their arrays, so every thread would
need its own and every call two copies; FFTW's execution on other arrays of the same alignment needs
neither and is safe from any thread (FFTW's manual, "New-array Execute Functions" and "Thread safety").
The functions are found through pyfftw's extension module: a symbol is looked for in all that a library
is linked with.
"""

import ctypes
import functools
import importlib
import importlib.machinery
import importlib.util
import sys

import numpy as np

from emily.instinct.holographic.transform import Functions, Layout

# Measuring pays for itself in vectors of usual sizes; for the largest it takes seconds.
_MEASURED_DIM = 16_384
_MEASURE, _DESTROY_INPUT, _ESTIMATE = 0, 1, 1 << 6


def available() -> bool:
    """Whether FFTW and the C kernel are here, and malloc aligns to the 16 bytes that FFTW asks for."""
    if sys.maxsize < 1 << 32:
        return False
    try:
        importlib.import_module("emily.instinct.hdc._kernel")
    except ImportError:
        return False
    return _library() is not None


def prepare(layout: Layout) -> Functions:
    """Plan the transforms of a layout. Not to be called by two threads at once."""
    from emily.instinct.hdc._kernel import ffi, lib

    single = layout.dtype == np.float32
    real, prefix = ("float", "fftwf") if single else ("double", "fftw")
    block = np.zeros(layout.block, layout.dtype)  # planning overwrites it
    values = block.ctypes.data
    spectrum = values + layout.spectrum * layout.dtype.itemsize
    effort = _MEASURE if layout.dim <= _MEASURED_DIM else _ESTIMATE
    forward = _plan(f"{prefix}_plan_dft_r2c_1d", layout.dim, values, spectrum, effort)
    inverse = _plan(
        f"{prefix}_plan_dft_c2r_1d", layout.dim, spectrum, values, effort | _DESTROY_INPUT
    )

    plan, complexes = f"struct {prefix}_plan_s *", f"{real} (*)[2]"
    plans = ffi.new(
        "sov_hrr_f32 *" if single else "sov_hrr_f64 *",
        {
            "dim": layout.dim,
            "spectrum": layout.spectrum,
            "block": layout.block,
            "forward": ffi.cast(plan, forward),
            "inverse": ffi.cast(plan, inverse),
            "to_spectrum": ffi.cast(
                f"void (*)({plan}, {real} *, {complexes})", _address(f"{prefix}_execute_dft_r2c")
            ),
            "to_values": ffi.cast(
                f"void (*)({plan}, {complexes}, {real} *)", _address(f"{prefix}_execute_dft_c2r")
            ),
        },
    )
    if single:
        return Functions(plans, ffi.from_buffer, lib.sov_hrr_transform_f32, lib.sov_hrr_combine_f32)
    return Functions(plans, ffi.from_buffer, lib.sov_hrr_transform_f64, lib.sov_hrr_combine_f64)


def _plan(function: str, dim: int, source: int, target: int, flags: int) -> int:
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint
    )
    plan: int | None = prototype(_address(function))(dim, source, target, flags)
    if plan is None:
        raise MemoryError(f"FFTW has no plan for {dim} values")
    return plan


def _address(function: str) -> int:
    return ctypes.cast(getattr(_library(), function), ctypes.c_void_p).value or 0


@functools.cache
def _library() -> ctypes.CDLL | None:
    """The library of pyfftw's extension module, or None when it gives no access to FFTW."""
    try:
        package = importlib.util.find_spec("pyfftw")
    except ValueError:  # a module of this name that was not imported from anywhere
        return None
    found = package and importlib.machinery.PathFinder.find_spec(
        "pyfftw.pyfftw", package.submodule_search_locations
    )
    if not found or not found.origin:
        return None
    try:
        library = ctypes.CDLL(found.origin)
        for prefix in ("fftwf", "fftw"):
            for name in (
                "plan_dft_r2c_1d",
                "plan_dft_c2r_1d",
                "execute_dft_r2c",
                "execute_dft_c2r",
            ):
                getattr(library, f"{prefix}_{name}")
            # pyfftw's own planning, in another thread, then waits for ours
            getattr(library, f"{prefix}_make_planner_thread_safe")()
    except (OSError, AttributeError):
        return None
    return library
