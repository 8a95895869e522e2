"""The errors of releases."""

from scf.errors import RefusedError, ScfError


class ReleaseError(ScfError):
    """A release that cannot be made, found or gone back to as it is asked for."""

    code = "SCF050"


class ForgedError(RefusedError):
    """A release that is damaged, incomplete or not what was attested: which file, and how."""

    code = "SCF051"


class HaltedError(ScfError):
    """The emergency lock was set meanwhile: which step was not begun."""

    code = "SCF052"
