"""`python -m emily.instinct.hdc` tests the kernel on this machine: exit code 1 when a result differs."""

import sys

from emily.instinct.hdc import kernel


def main() -> int:
    """Name the variants of the kernel and compare each with plain loops."""
    print(f"kernel {kernel.variant()} of {', '.join(kernel.variants())}")
    if differences := kernel.selftest():
        print(f"{differences} results differ from plain loops", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
