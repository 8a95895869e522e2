"""Which variant of the C kernel is in use: the fastest that this machine runs, unless another is named.

The environment variable EMILY_HDC_KERNEL names one at import: avx512, avx2, neon or portable.
"""

import os

from emily.instinct.hdc.errors import KernelError

try:
    from emily.instinct.hdc._kernel import ffi, lib
except ImportError as error:
    raise ImportError(
        "the C kernel of emily.instinct.hdc was not built; install a C compiler and Python's headers"
        " (Debian: gcc python3-dev) and install the project again"
    ) from error

__all__ = ["ENVIRONMENT", "ffi", "lib", "selftest", "use", "variant", "variants"]

ENVIRONMENT = "EMILY_HDC_KERNEL"


def variant() -> str:
    """The name of the variant in use."""
    return ffi.string(lib.sov_hdc_variant()).decode()


def variants() -> tuple[str, ...]:
    """The names of the variants that this machine runs, fastest first."""
    names: list[str] = []
    while (name := lib.sov_hdc_supported(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    return tuple(names)


def use(name: str) -> None:
    """Use the named variant from now on, in all threads; raises KernelError when it cannot be run."""
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, not {type(name).__name__}")
    if lib.sov_hdc_use(name.encode()):
        raise KernelError(f"this machine has no kernel {name!r}; it has {', '.join(variants())}")


def selftest(seed: int = 1) -> int:
    """Run every variant against plain loops on made-up rows; the number of results that differ.

    Other threads must not use the kernel meanwhile: the variant in use is switched.
    """
    return lib.sov_hdc_selftest(seed)


if forced := os.environ.get(ENVIRONMENT):
    try:
        use(forced)
    except KernelError as error:
        raise KernelError(f"{ENVIRONMENT}: {error}") from error
else:
    use(variant())
