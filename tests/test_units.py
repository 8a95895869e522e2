"""Quantities: what they read, what they refuse, and that they print what they read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.units import Duration, Rate, Size

READ = [
    (Size, "0B", 0),
    (Size, "1KiB", 1024),
    (Size, "64GiB", 64 * 1024**3),
    (Size, "12TB", 12 * 10**12),
    (Size, "1.5TB", 1_500_000_000_000),
    (Size, "2000398934016B", 2_000_398_934_016),
    (Size, "8 GB", 8 * 10**9),
    (Rate, "1Gbit/s", 10**9),
    (Rate, "300MB/s", 2_400_000_000),
    (Rate, "2.5Gbit/s", 2_500_000_000),
    (Duration, "60h", 216_000),
    (Duration, "25s", 25),
]


@pytest.mark.parametrize(("quantity", "text", "value"), READ)
def test_reads(quantity: type[Size], text: str, value: int) -> None:
    assert quantity.parse(text) == value


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Size, "64"),
        (Size, "64G"),
        (Size, "GiB"),
        (Size, "-1GiB"),
        (Size, "1e3GiB"),
        (Size, "0.1B"),
        (Size, "64gib"),
        (Size, "64GiB\n"),
        (Size, "٦٤GiB"),
        (Size, "9223372036854775808B"),
        (Size, "9EiB"),
        (Rate, "1Gbit"),
        (Rate, "125MiB/s"),
        (Duration, "1:30"),
        (Duration, "5m"),
    ],
)
def test_refuses(quantity: type[Size], text: str) -> None:
    with pytest.raises(ValueError, match=r"is written like|whole number|2\^63"):
        quantity.parse(text)


@pytest.mark.parametrize("quantity", [Size, Rate, Duration])
@given(value=st.integers(0, 2**63 - 1))
def test_prints_what_it_reads(quantity: type[Size], value: int) -> None:
    assert quantity.parse(str(quantity(value))) == value


@pytest.mark.parametrize(
    ("size", "decimal", "binary"),
    [
        (Size(0), "0 B", "0 B"),
        (Size(999), "999 B", "999 B"),
        (Size(111_750_000_000_000), "111.8 TB", "101.6 TiB"),
        (Size.parse("2000398934016B"), "2.0 TB", "1.8 TiB"),
    ],
)
def test_rounds_for_a_person(size: Size, decimal: str, binary: str) -> None:
    assert (size.human(), size.human_binary()) == (decimal, binary)


def test_a_gigabit_is_125_megabytes() -> None:
    assert Rate.parse("1Gbit/s").human_bytes() == "125 MB/s"
    assert Rate.parse("1Gbit/s").bytes_per_second == 125e6
