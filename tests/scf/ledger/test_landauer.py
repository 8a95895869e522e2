"""Landauer's bound, against its published value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scf.ledger import landauer_joules, landauer_text


def test_a_bit_at_room_temperature_takes_at_least_2_87_zeptojoules() -> None:
    assert landauer_joules(1) == pytest.approx(2.871e-21, rel=1e-3)
    assert landauer_joules(8, kelvin=20) == pytest.approx(8 * 1.914e-22, rel=1e-3)


@given(st.floats(1e-9, 1e12))
def test_the_text_says_that_it_is_a_curiosity(joules: float) -> None:
    text = landauer_text(joules)
    assert text.startswith(f"{joules:g} J")
    assert "a curiosity" in text
