"""What a caller gave does not fit; the message names the argument and both shapes."""


class HoloError(ValueError):
    """A shape, dimension, number type or value that does not fit."""
