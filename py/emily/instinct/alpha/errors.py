"""What can be wrong with signals, times and settings: always a ValueError that says what is expected."""


class AlphaError(ValueError):
    """Base class of the errors of this package."""


class SignalError(AlphaError):
    """A signal that is no finite real number."""


class TimeError(AlphaError):
    """A time that is no finite number of seconds."""


class SettingError(AlphaError):
    """A frequency, floor or gain outside the range in which it means something."""
