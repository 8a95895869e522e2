"""The registry's errors."""

from scf.errors import RefusedError, ScfError


class RegistryError(ScfError):
    """A version or an alias that is not there, or that cannot be kept as it is asked for."""

    code = "SCF060"


class LineageError(RefusedError):
    """A link from a model back to its fossils that is missing, or is not what its CID says."""

    code = "SCF061"
