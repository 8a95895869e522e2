"""What can be wrong with a model, and with what it is told."""


class InferenceError(ValueError):
    """Base class of the errors of this package."""


class ModelError(InferenceError):
    """A generative model whose arrays disagree, or are no distributions."""


class ObservationError(InferenceError):
    """An observation that the model does not know, or holds for impossible."""


class PrecisionError(InferenceError):
    """A precision gamma that is negative, not finite or absurdly large."""
