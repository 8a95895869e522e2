"""Arguments of another type or value are named, as one vector names them so do many."""

import re
from collections.abc import Callable

import pytest

from emily.instinct.hdc import Hypervector, Hypervectors, bundle_products, kernel
from emily.instinct.hdc.errors import HdcError

H = Hypervectors.random(3, 100, seed=1)
V = H[0].copy()


@pytest.mark.parametrize("shift", [1.5, "7", None])
def test_many_refuse_a_shift_that_is_no_whole_number_as_one_does(shift: object) -> None:
    with pytest.raises(TypeError, match="shift must be a whole number"):
        V.permute(shift)
    with pytest.raises(TypeError, match="shift must be a whole number"):
        H.permute(shift)


@pytest.mark.parametrize("act", [lambda: H.bind(V, out=3), lambda: H.permute(1, out=3)])
def test_an_out_of_another_type_is_named(act: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="out must be Hypervectors, not int"):
        act()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Hypervectors.stack(V), "vectors"),
        (lambda: Hypervector.from_wire(None, 100), "data"),
        (lambda: bundle_products(3, [[0]]), "tables"),
        (lambda: kernel.use(3), "name"),
    ],
)
def test_an_argument_of_another_type_is_named(act: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        act()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Hypervector.from_bits([[1], [1, 2]]), "bits"),
        (lambda: Hypervector.random(100, seed=-1), "seed"),
    ],
)
def test_a_value_that_numpy_refuses_is_named(act: Callable[[], object], message: str) -> None:
    with pytest.raises(HdcError, match=re.escape(message)):
        act()
