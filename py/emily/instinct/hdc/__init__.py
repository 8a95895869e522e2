"""Binary hypervectors, compared and bound by a C kernel.

The binary spatter code (Kanerva 1997, "Fully Distributed Representation"): binding is XOR, and the
distance of two vectors is the number of bits in which they differ. A vector is packed into 64-bit
words, so its length in bytes is a multiple of 8.
"""

try:
    from emily.instinct.hdc._kernel import ffi, lib
except ImportError as error:
    raise ImportError(
        "the C kernel of emily.instinct.hdc was not built; install a C compiler and Python's headers"
        " (Debian: gcc python3-dev) and install the project again"
    ) from error

__all__ = ["bind", "hamming"]

_WORD = 8


def hamming(a: bytes, b: bytes) -> int:
    """Count the bits in which two hypervectors of equal length differ.

    Raises ValueError when the lengths differ or are no multiple of 8 bytes.
    """
    words = _words(a, b)
    return int(lib.sov_hdc_hamming(_pointer(a), _pointer(b), words))


def bind(a: bytes, b: bytes) -> bytes:
    """Bind two hypervectors of equal length by XOR; binding again with either gives the other.

    Raises ValueError when the lengths differ or are no multiple of 8 bytes.
    """
    words = _words(a, b)
    out = ffi.new("uint64_t[]", words)
    lib.sov_hdc_bind(_pointer(a), _pointer(b), out, words)
    return bytes(ffi.buffer(out))


def _words(a: bytes, b: bytes) -> int:
    if len(a) != len(b) or len(a) % _WORD:
        raise ValueError(
            f"hypervectors have equal lengths in multiples of 8 bytes, not {len(a)} and {len(b)}"
        )
    return len(a) // _WORD


def _pointer(vector: bytes) -> object:
    return ffi.from_buffer("uint64_t[]", vector, require_writable=False)
