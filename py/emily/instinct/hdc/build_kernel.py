"""Describe the C kernel to cffi; setup.py builds it. A machine without a compiler installs without it."""

from pathlib import Path

from cffi import FFI

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[3]
_KERNEL = _HERE / "kernel"

ffibuilder = FFI()
ffibuilder.cdef((_KERNEL / "api.h").read_text(encoding="utf-8"))
ffibuilder.set_source(
    "emily.instinct.hdc._kernel",
    '#include "hdc.h"',
    # setuptools wants sources relative to setup.py
    sources=[str(path.relative_to(_ROOT)) for path in sorted(_KERNEL.glob("*.c"))],
    depends=[str(path.relative_to(_ROOT)) for path in sorted(_KERNEL.glob("*.h"))],
    include_dirs=[str(_KERNEL)],
    define_macros=[("_POSIX_C_SOURCE", "200809L")],
    # each variant names its own instructions; whatever the machine, the rest is the compiler's default
    extra_compile_args=["-std=c11", "-O3", "-fvisibility=hidden", "-pthread"],
    extra_link_args=["-pthread"],
    optional=True,
)
