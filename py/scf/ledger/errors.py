"""What can go wrong with the books."""

from scf.errors import ScfError


class LedgerError(ScfError):
    """The ledger cannot take an entry."""

    code = "SCF072"


class LedgerBusyError(LedgerError):
    """Another process has held the ledger for too long."""

    code = "SCF073"


class FundsError(LedgerError):
    """A transfer that its account does not cover."""

    code = "SCF074"
