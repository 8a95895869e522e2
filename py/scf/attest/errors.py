"""What can be wrong with a key, a log or a proof: each has a code of its own."""

from scf.errors import RefusedError, ScfError


class KeyringError(ScfError):
    """A folder of keys that is not there, is open to others, or lacks what is asked of it."""

    code = "SCF040"


class LogError(RefusedError):
    """A log that is not as it was signed."""

    code = "SCF041"


class LockedError(ScfError):
    """Another process writes to the log, and does not come to an end."""

    code = "SCF042"


class ProofError(RefusedError):
    """A proof, statement or head that is no such document, or contradicts itself."""

    code = "SCF043"


class SignatureError(ProofError):
    """A signature that its key did not make over these bytes."""

    code = "SCF044"


class UnknownKeyError(ProofError):
    """A key that neither the verifier knows nor a known key vouches for."""

    code = "SCF045"


class RotatedKeyError(ProofError):
    """A key that was not, or no longer, the log's at the place that it signed."""

    code = "SCF046"


class MerkleError(ProofError):
    """A path of hashes that does not lead to the root that was signed."""

    code = "SCF047"


class SplitViewError(ProofError):
    """Two signed heads that one log cannot have: its owner shows different logs to different people."""

    code = "SCF048"


class RangeProofError(ProofError):
    """An experimental range proof that does not hold, or cannot be made."""

    code = "SCF049"
