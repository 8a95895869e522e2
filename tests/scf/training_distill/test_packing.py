"""Five ternary digits to a byte, and back; nothing else is taken for such."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from scf.training.distill.packing import pack, size, unpack

TRITS = arrays(
    np.int8, array_shapes(min_dims=1, max_dims=3, max_side=9), elements=st.integers(-1, 1)
)


@given(TRITS)
def test_what_is_packed_is_unpacked(trits: np.ndarray) -> None:
    packed = pack(trits)
    assert packed.dtype == np.uint8
    assert packed.shape == (size(trits.shape),) == (-(-trits.size // 5),)
    again = unpack(packed, trits.shape)
    assert again.dtype == np.int8
    assert (again == trits).all()


def test_a_byte_is_a_number_of_base_3_the_first_digit_the_least() -> None:
    assert pack(np.array([1, 0, -1, 0, 1], np.int8)).tolist() == [
        2 + 1 * 3 + 0 * 9 + 1 * 27 + 2 * 81
    ]
    assert pack(np.zeros((2, 3), np.int8)).tolist() == [121, 121]
    assert pack(np.ones(5, np.int8)).tolist() == [242]


@pytest.mark.parametrize(
    ("packed", "shape"),
    [
        ([243], (5,)),  # no five digits
        ([121, 121], (5,)),  # too many bytes
        ([], (1,)),  # too few
        ([122], (0,)),
        ([122 + 81], (4,)),  # a digit after the last
        ([[121]], (5,)),
    ],
    ids=str,
)
def test_other_bytes_are_refused(packed: list[int], shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        unpack(np.array(packed, np.uint8), shape)
