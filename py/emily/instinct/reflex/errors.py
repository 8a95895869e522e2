"""What can be wrong with what the senses and the registry are handed: always a ValueError."""


class ReflexError(ValueError):
    """Base class of the errors of this package."""


class SignalError(ReflexError):
    """Sound or features of a wrong type, shape or value."""


class EntryError(ReflexError):
    """A reflex that cannot be: a name twice, a negative time, nothing that could raise it."""


class RegistryFileError(ReflexError):
    """A file that cannot be read or written, or that holds no whole registry."""
