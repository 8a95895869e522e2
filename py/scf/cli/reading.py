"""What verbs that only read work with: no private key, and nothing is written to the log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scf.cli.options import say
from scf.drive import Drive
from scf.settings import Home

if TYPE_CHECKING:
    from scf.attest.log import Log
    from scf.attest.public import Keys
    from scf.daemon.build import Parts

key_option = click.option(
    "--key",
    metavar="KEY",
    help="The log's public key: a file keys.json, or 64 hexadecimal digits; else that of the home.",
)


def named_keys(named: str) -> "Keys":
    """The keys in a file, or the one that 64 digits are. Raises ContractError, OSError, BadParameter."""
    from scf.attest.public import Keys

    if len(named) == 64 and not Path(named).exists():
        try:
            return Keys.only(named)
        except ValueError:
            raise click.BadParameter("no public key: expected 64 hexadecimal digits") from None
    return Keys.read(Path(named))


def read_log(home: Home, drive: Drive, key: str | None = None) -> "Log":
    """The log of a home's drive; what cannot be told without its folder of keys is said.

    Raises ScfError.
    """
    from scf.attest.log import Log
    from scf.attest.published import Published

    found = Published.find(home.keys, drive, named_keys(key) if key is not None else None)
    log = Log.read(drive, found.keys, found.head)
    if found.beside:
        say("the log is checked with the keys beside it: --key KEY tells whose it is")
    if found.head is None and len(log):
        say(
            "the last head that was signed cannot be seen: missing last entries would not be noticed"
        )
    return log


def parts(home: Home, key: str | None = None) -> "Parts":
    """All that a home and its settings name, the log for reading alone. Raises ScfError."""
    from scf.daemon.build import Parts, registry
    from scf.ledger import Ledger
    from scf.vault import Vault

    settings = home.settings()
    drive = Drive.open(settings.drive)
    log = read_log(home, drive, key)
    vault, versions = Vault.open(drive), registry(home, settings, drive)
    return Parts(
        home, settings, drive, vault, versions, log, Ledger.open(drive, log.newest("ledger"))
    )
