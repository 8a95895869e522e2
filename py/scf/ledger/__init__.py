"""The negentropy ledger: energy saved against a baseline that was registered before, as double entry."""

from scf.ledger.chain import GENESIS, Entry
from scf.ledger.entries import (
    MINT,
    SPENT,
    Account,
    Baseline,
    Begun,
    Credit,
    Posting,
    Reason,
    Refused,
    Transfer,
    Work,
    model_account,
)
from scf.ledger.errors import FundsError, LedgerBusyError, LedgerError
from scf.ledger.landauer import landauer_joules, landauer_text
from scf.ledger.ledger import Ledger

__all__ = [
    "GENESIS",
    "MINT",
    "SPENT",
    "Account",
    "Baseline",
    "Begun",
    "Credit",
    "Entry",
    "FundsError",
    "Ledger",
    "LedgerBusyError",
    "LedgerError",
    "Posting",
    "Reason",
    "Refused",
    "Transfer",
    "Work",
    "landauer_joules",
    "landauer_text",
    "model_account",
]
