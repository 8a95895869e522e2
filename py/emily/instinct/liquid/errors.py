"""What can be wrong with what a liquid network is handed."""


class LiquidError(ValueError):
    """Base class of the errors of this package."""


class ShapeError(LiquidError):
    """An array of another shape than is needed, or one with NaN or infinities."""


class TimeSpanError(LiquidError):
    """A time span that is negative, not finite or absurdly long."""


class WeightsError(LiquidError):
    """Weights that are no network, or a file that holds none."""
