"""What can be wrong with what the metabolism is given: always a ValueError that says what is expected."""


class MetabolismError(ValueError):
    """Base class of the errors of this package."""


class TimeStepError(MetabolismError):
    """A step of time that is negative, not finite, or longer than can be computed."""


class ClockError(MetabolismError):
    """A time of day without its time zone, or an hour outside [0, 24]."""


class LightError(MetabolismError):
    """A light that is negative, not finite, or brighter than the sun."""


class DriveError(MetabolismError):
    """A drive of no known transmitter, or outside [-1, 1]."""


class SettingError(MetabolismError):
    """A constant outside the range in which it means something."""


class StateError(MetabolismError):
    """A saved state that lacks something, has something more, or holds an impossible value."""
