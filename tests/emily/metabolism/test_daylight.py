"""The local hour in a zone that is always named, and a day of light and darkness."""

import math
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism import ClockError, LightDark, LightError, local_hour

MINNESOTA = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("when", "hour"),
    [
        (datetime(2026, 1, 15, 12, 0, tzinfo=UTC), 6.0),
        (datetime(2026, 7, 15, 12, 0, tzinfo=UTC), 7.0),
        (datetime(2026, 7, 15, 4, 30, tzinfo=UTC), 23.5),
        (datetime(2026, 7, 15, 12, 0, 36, tzinfo=timezone(timedelta(hours=2))), 5.01),
    ],
    ids=["winter", "summer", "the day before", "from another zone"],
)
def test_the_hour_is_that_of_the_zone_and_not_of_the_server(when, hour):
    assert local_hour(when, MINNESOTA) == pytest.approx(hour)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))
def test_an_hour_lies_within_a_day(when):
    assert 0.0 <= local_hour(when.replace(tzinfo=UTC), MINNESOTA) < 24.0


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ClockError, match="2026-01-15T12:00:00 has none"):
        local_hour(datetime(2026, 1, 15, 12, 0), MINNESOTA)


@pytest.mark.parametrize(
    ("on", "off", "lit", "dark"),
    [
        (7.0, 23.0, [7.0, 12.0, 22.99, 31.0, -12.0], [23.0, 0.0, 6.99, 24.0]),
        (8.0, 24.0, [8.0, 23.99, 32.0], [0.0, 24.0, 7.99]),
        (15.0, 7.0, [15.0, 23.0, 0.0, 6.99, 24.0], [7.0, 14.99]),
        (6.0, 6.0, [], [0.0, 6.0, 12.0]),
        (0.0, 24.0, [0.0, 12.0, 24.0], []),
    ],
)
def test_light_and_darkness(on, off, lit, dark):
    day = LightDark(on, off, 300.0)
    assert [day.light(hour) for hour in lit] == [300.0] * len(lit)
    assert [day.light(hour) for hour in dark] == [0.0] * len(dark)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"on_hour": -1.0}, ClockError),
        ({"off_hour": 25.0}, ClockError),
        ({"on_hour": math.nan}, ClockError),
        ({"lux": -1.0}, LightError),
        ({"lux": math.inf}, LightError),
    ],
)
def test_impossible_days_are_refused(settings, error):
    with pytest.raises(error):
        LightDark(**settings)
