"""What can be wrong with what is handed to a GFlowNet: always a ValueError that says what was expected."""


class GFlowNetError(ValueError):
    """Base class of the errors of this package."""


class GridError(GFlowNetError):
    """A hypergrid that cannot be."""


class SampleError(GFlowNetError):
    """A number of hypotheses, a seed or a query that is not allowed."""


class RecipeError(GFlowNetError):
    """A number of a training that is not allowed."""


class WeightsError(GFlowNetError):
    """Weights that do not fit their grid, or a file that holds no whole policy."""
