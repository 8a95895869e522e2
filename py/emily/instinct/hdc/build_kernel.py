"""Describe the C kernel to cffi; setup.py builds it. A machine without a compiler installs without it."""

from pathlib import Path

from cffi import FFI

_DECLARATIONS = """
uint64_t sov_hdc_hamming(const uint64_t *a, const uint64_t *b, size_t words);
void sov_hdc_bind(const uint64_t *a, const uint64_t *b, uint64_t *out, size_t words);
"""

ffibuilder = FFI()
ffibuilder.cdef(_DECLARATIONS)
ffibuilder.set_source(
    "emily.instinct.hdc._kernel",
    Path(__file__).with_name("kernel.c").read_text(encoding="utf-8"),
    extra_compile_args=["-std=c11", "-O3"],
    optional=True,
)
