"""What can be wrong with hypervectors that are handed in: always a ValueError that names the argument."""


class HdcError(ValueError):
    """Base class of the errors of this package."""


class DimensionError(HdcError):
    """A dimension that is not allowed, or two that differ."""


class ShapeError(HdcError):
    """An array of another shape or dtype than is needed."""


class KernelError(HdcError):
    """A variant of the kernel that this machine cannot run."""


class IdError(HdcError):
    """An id that a memory does not hold, or one that it holds already."""


class ReadOnlyError(HdcError):
    """A change of a memory that is mapped from its file."""


class MemoryFileError(HdcError):
    """A file that cannot be read or written, or that holds no whole item memory."""
